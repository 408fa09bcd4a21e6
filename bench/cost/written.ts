/** How tables and sums are written. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** A sum: to the cent, or two digits that say something. */
export function usd(dollars: number): string {
  if (dollars >= 1) return `$${dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (dollars === 0) return '$0';
  return `$${dollars.toFixed(Math.max(2, 1 - Math.floor(Math.log10(dollars))))}`;
}

/** A price, as exact as it was put down. */
export function exactly(dollars: number): string {
  const text = dollars.toFixed(10).replace(/0+$/, '');
  const [whole, cents = ''] = text.split('.');
  return `$${whole}.${cents.padEnd(2, '0')}`;
}
