// Runs before the first paint, so that a page in dark theme doesn't flash.
{
  const wanted = localStorage.getItem('local-teams-theme');
  const prefersDark = matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = wanted ?? (prefersDark ? 'dark' : 'light');
}
