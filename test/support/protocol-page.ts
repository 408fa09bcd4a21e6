import { readFile } from 'node:fs/promises';

/** Reads docs/protocol.md as tests need it. */

export const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
export const page = await read('docs/protocol.md');

export const headings = (text: string) => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
/** How GitHub makes an anchor of a heading. */
export const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

/** What stands under a heading, up to the next one. */
export function section(heading: string): string {
  const [, text] = page.split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (text === undefined) throw new Error(`docs/protocol.md has no heading ${heading}`);
  return text.split(/^#+ /m)[0] ?? '';
}

/** The rows of the tables with these first headers, each as its cells. */
export function rowsOf(text: string, ...headers: string[]): string[][] {
  const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];
  return tables.flatMap((table) => {
    const [header, , ...rows] = table.trimEnd().split('\n').map(cellsOf);
    return headers.every((name, at) => header?.[at] === name) ? rows : [];
  });
}

const cellsOf = (line: string) =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

/** What of a cell is code. */
export const coded = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
export const listed = (cell: string): string[] => cell.split(', ');

/** The text of each sample. */
export const samples = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text = '']) => text);
