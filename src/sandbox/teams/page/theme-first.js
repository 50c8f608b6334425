// @ts-check
// Runs before anything is painted, so that a page opened in the dark does not flash.
{
  const wanted = localStorage.getItem('local-teams-theme');
  const prefersDark = matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = wanted ?? (prefersDark ? 'dark' : 'light');
}
