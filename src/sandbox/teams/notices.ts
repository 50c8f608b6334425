import type { LocalPerson } from '../people.ts';
import type { SignInButton } from './invoke-answer.ts';
import type { Post } from './model.ts';
import type { Teams } from './teams.ts';

/** Shows one person a text about a message: what a click was answered with, or that it went wrong; with a button to sign in. */
export function showAnswer(
  teams: Teams,
  person: LocalPerson,
  about: Post,
  tone: 'answer' | 'error',
  text: string,
  signIn: SignInButton | null = null,
): void {
  const post: Post = {
    id: teams.nextId(),
    conversationId: about.conversationId,
    placeId: about.placeId,
    author: 'bot',
    at: new Date().toISOString(),
    editedAt: null,
    replyToId: about.id,
    onlyFor: person.id,
    tone,
    content: { text, ...(signIn === null ? {} : { signIn }) },
  };
  teams.commit([{ kind: 'posted', post }]);
}
