import { type EngineEvent, eventNames, nameOf } from './events.ts';

/** Which events one client hears, and in which form. */
export class EslSubscription {
  format: 'plain' | 'json' | 'xml' = 'plain';
  #all = false;
  readonly #names = new Set<string>();
  readonly #subclasses = new Set<string>();
  #filters: { readonly header: string; readonly value: string }[] = [];

  wants(event: EngineEvent): boolean {
    const { name, subclass } = nameOf(event);
    const listed = this.#all || (name === 'CUSTOM' ? this.#subclasses.has(subclass) : this.#names.has(name));
    return listed && (this.#filters.length === 0 || this.#filters.some((filter) => passes(filter, event)));
  }

  /** Obeys the commands that are about events; undefined for any other. */
  command(verb: string, rest: string): string | undefined {
    if (verb === 'event') return this.#listen(rest);
    if (verb === 'nixevent') return this.#forget(rest);
    if (verb === 'noevents') {
      this.#clear();
      return '+OK no longer listening for events';
    }
    return verb === 'filter' && rest !== '' ? this.#filter(rest) : undefined;
  }

  #listen(rest: string): string {
    const [first = '', ...others] = rest.split(/\s+/);
    const formats: Readonly<Record<string, EslSubscription['format']>> = { plain: 'plain', json: 'json' };
    const known = this.#each(others, (names, name) => names.add(name));
    if (others.includes('ALL')) this.#all = true;
    else if (!known) return '-ERR no keywords supplied';
    this.format = formats[first] ?? 'xml';
    return `+OK event listener enabled ${this.format}`;
  }

  #forget(rest: string): string {
    const names = rest.split(/\s+/);
    const known = this.#each(names, (set, name) => set.delete(name));
    if (names.includes('ALL')) this.#clear();
    return known || names.includes('ALL') ? '+OK events nixed' : '-ERR no keywords supplied';
  }

  /** What follows CUSTOM are subclasses, to the end of the line. */
  #each(names: readonly string[], act: (set: Set<string>, name: string) => void): boolean {
    const custom = names.indexOf('CUSTOM');
    const plain = (custom < 0 ? names : names.slice(0, custom)).filter((name) => eventNames.has(name));
    const subclasses = custom < 0 ? [] : names.slice(custom + 1);
    for (const name of plain) act(this.#names, name);
    for (const name of subclasses) act(this.#subclasses, name);
    return plain.length + subclasses.length > 0;
  }

  #filter(rest: string): string {
    const [, deleting, header = '', value = ''] = /^(delete\s+)?(\S+)\s*(.*)$/.exec(rest) ?? [];
    if (deleting === undefined) {
      this.#filters.push({ header, value });
      return `+OK filter added. [${header}]=[${value}]`;
    }
    const gone = (filter: { readonly header: string; readonly value: string }) =>
      header === 'all' || (filter.header === header && (value === '' || filter.value === value));
    this.#filters = this.#filters.filter((filter) => !gone(filter));
    return `+OK filter deleted. [${header}][${value}]`;
  }

  #clear(): void {
    this.#all = false;
    this.#names.clear();
    this.#subclasses.clear();
  }
}

/** A value between slashes is an expression. */
function passes({ header, value }: { readonly header: string; readonly value: string }, event: EngineEvent): boolean {
  const given = event.headers.find(([name]) => name === header)?.[1];
  if (given === undefined) return false;
  const expression = /^\/(.*)\/$/.exec(value)?.[1];
  return expression === undefined ? given === value : new RegExp(expression).test(given);
}
