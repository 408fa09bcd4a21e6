export type Theme = 'light' | 'dark';

const key = 'patchbay.theme';

const isTheme = (value: string | null): value is Theme => value === 'light' || value === 'dark';

/** What was chosen here before, else what the system prefers. */
export function initialTheme(): Theme {
  const chosen = localStorage.getItem(key);
  if (isTheme(chosen)) return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(key, theme);
  document.documentElement.dataset.theme = theme;
}

/** Applies an earlier choice before the first paint; without one the style sheet follows the system. */
export function restoreTheme(): void {
  const chosen = localStorage.getItem(key);
  if (isTheme(chosen)) document.documentElement.dataset.theme = chosen;
}
