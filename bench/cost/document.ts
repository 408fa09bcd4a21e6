/** A table's place in a document: between `<!-- begin NAME -->` and `<!-- end -->`. */
const place = /(<!-- begin (\w+) -->\n)[\s\S]*?\n?(<!-- end -->)/g;

/**
 * The document with each place filled.
 *
 * @throws Error when it has a place for a table that there is not, or none for one that there is
 */
export function filled(document: string, tables: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(tables));
  const result = document.replace(place, (_, begin: string, name: string, end: string) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`there is no table ${name}`);
    missing.delete(name);
    return `${begin}${table}\n${end}`;
  });
  if (missing.size > 0) throw new Error(`there is no place for ${[...missing].join(', ')}`);
  return result;
}

/** What people wrote: the document without its tables. */
export const prose = (document: string): string => document.replace(place, '');
