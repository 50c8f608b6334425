// @ts-check

const root = document.documentElement;

/** Wires the button that switches between light and dark; the choice is remembered in this browser. */
export function themeButton(/** @type {HTMLElement} */ button) {
  const show = () => {
    button.textContent = root.dataset.theme === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Switch to the ${root.dataset.theme === 'dark' ? 'light' : 'dark'} theme`);
  };
  show();
  button.addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem('local-teams-theme', root.dataset.theme);
    show();
  });
}
