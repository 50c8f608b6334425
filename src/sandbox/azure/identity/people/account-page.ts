import type { User } from '../../state/schema-directory.ts';

/** Where a person of the local tenant chooses who they are and how they sign in. No script, nothing from elsewhere. */

const style = `
:root { color-scheme: light dark; --page: #eceef4; --card: #fff; --text: #242424; --subtle: #5a5a5a; --line: #d6d6d6;
  --hover: #f3f3fb; --fill: #0f5ba7; --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --page: #141414; --card: #262626; --text: #f5f5f5; --subtle: #bdbdbd;
  --line: #4a4a4a; --hover: #31313d; } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 15px/1.45 "Segoe UI", "Liberation Sans", Arial, sans-serif; }
main { box-sizing: border-box; width: min(27rem, calc(100vw - 2rem)); margin: 1rem; padding: 2rem; background: var(--card);
  border-radius: 6px; box-shadow: 0 4px 22px rgb(0 0 0 / 18%); }
header { color: var(--subtle); font-weight: 600; }
h1 { margin: .75rem 0 .25rem; font-size: 1.5rem; font-weight: 600; }
p { margin: .25rem 0 1rem; color: var(--subtle); }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; }
legend { padding: 0; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
label { display: flex; gap: .75rem; align-items: center; padding: .6rem .5rem; border-top: 1px solid var(--line); cursor: pointer; }
label:last-child { border-bottom: 1px solid var(--line); }
label:hover, label:has(:checked) { background: var(--hover); }
label b { display: block; font-weight: 600; }
label small { color: var(--subtle); }
button { display: block; width: 100%; margin-top: .5rem; padding: .6rem 1rem; border: 1px solid var(--fill); border-radius: 4px;
  background: var(--fill); color: var(--on); font: inherit; font-weight: 600; cursor: pointer; }
button.weak { background: transparent; border-color: var(--line); color: var(--text); font-weight: 400; }
button:focus-visible, input:focus-visible { outline: 3px solid var(--fill); outline-offset: 2px; }
`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (value: string): string => value.replace(/[&<>"]/g, (mark) => entities[mark] ?? '');

export interface AccountPage {
  readonly app: string;
  readonly users: readonly User[];
  /** The authentication context the app asks for. */
  readonly context: string | null;
  /** Where the choice goes: this address, with all the app asked for. */
  readonly action: string;
}

const account = ({ id, displayName, mail }: User): string =>
  `<label><input type="radio" name="user" value="${text(id)}" required><span><b>${text(displayName)}</b><small>${text(mail)}</small></span></label>`;

export function accountPage({ app, users, context, action }: AccountPage): string {
  const meets = context === null ? '' : ` (meets ${text(context)})`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title><style>${style}</style></head><body><main>
<header>Local Entra</header><h1>Pick an account</h1><p>to sign in to ${text(app)}</p>
<form method="post" action="${text(action)}">
<fieldset><legend>Account</legend>${users.map(account).join('')}</fieldset>
<button name="with" value="key">Sign in with a security key${meets}</button>
<button class="weak" name="with" value="password">Sign in with a password only</button>
</form></main></body></html>`;
}
