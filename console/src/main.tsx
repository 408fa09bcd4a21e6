// First, so that the parts' own style sheets win.
import './shell/tokens.css';
import './shell/base.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { restoreTheme } from './shell/theme.ts';

restoreTheme();

const root = document.getElementById('app');
if (root) render(<App />, root);
