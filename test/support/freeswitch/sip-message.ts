/** SIP messages as text, and out of a TCP stream. https://www.rfc-editor.org/rfc/rfc3261#section-7 */

export interface SipMessage {
  readonly startLine: string;
  /** In order, as they came; a name may occur more than once. */
  readonly headers: readonly SipHeader[];
  readonly body: string;
}

export type SipHeader = readonly [name: string, value: string];

/** https://www.rfc-editor.org/rfc/rfc3261#section-7.3.3 */
const compactNames: Readonly<Record<string, string>> = {
  c: 'content-type',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  t: 'to',
  v: 'via',
};

/** The first value under this name; an empty text when there is none. */
export function headerOf(message: SipMessage, name: string): string {
  return headersOf(message, name)[0] ?? '';
}

export function headersOf(message: SipMessage, name: string): readonly string[] {
  const wanted = fullName(name);
  return message.headers.filter(([given]) => fullName(given) === wanted).map(([, value]) => value);
}

/** The method of a request; undefined for a response. */
export function methodOf({ startLine }: SipMessage): string | undefined {
  return startLine.startsWith('SIP/2.0 ') ? undefined : startLine.split(' ')[0];
}

/** The status of a response; undefined for a request. */
export function statusOf({ startLine }: SipMessage): number | undefined {
  return startLine.startsWith('SIP/2.0 ') ? Number(startLine.split(' ')[1]) : undefined;
}

/** The URI out of a header such as `"name" <sip:user@host>;tag=x`. */
export function uriIn(header: string): string {
  return /<([^>]*)>/.exec(header)?.[1] ?? header.split(';')[0]?.trim() ?? '';
}

export function userIn(uri: string): string {
  return /^sips?:([^@;]*)@/.exec(uri)?.[1] ?? '';
}

/** The port of a URI; undefined where it names none. */
export function portIn(uri: string): number | undefined {
  const port = /^sips?:(?:[^@]*@)?[^:;]+:(\d+)/.exec(uri)?.[1];
  return port === undefined ? undefined : Number(port);
}

export function tagIn(header: string): string | undefined {
  return /;tag=([^;\s]+)/.exec(header)?.[1];
}

/** @param headers without Content-Length, which follows from the body */
export function formatSip(startLine: string, headers: readonly SipHeader[], body = ''): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [startLine, ...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

function parseHead(head: string): Omit<SipMessage, 'body'> {
  const [startLine = '', ...lines] = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = lines.map((line): SipHeader => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return { startLine, headers };
}

function fullName(name: string): string {
  const lower = name.toLowerCase();
  return compactNames[lower] ?? lower;
}

/** Cuts a stream into messages by Content-Length; keep-alives (empty lines) between them are dropped. */
export class SipFramer {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): SipMessage[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: SipMessage[] = [];
    for (;;) {
      while (this.#rest[0] === 0x0d || this.#rest[0] === 0x0a) this.#rest = this.#rest.subarray(1);
      const headBytes = this.#rest.indexOf('\r\n\r\n');
      if (headBytes < 0) return messages;
      const head = parseHead(this.#rest.toString('utf8', 0, headBytes));
      const from = headBytes + 4;
      const to = from + Number(headerOf({ ...head, body: '' }, 'content-length') || 0);
      if (this.#rest.length < to) return messages;
      messages.push({ ...head, body: this.#rest.toString('utf8', from, to) });
      this.#rest = this.#rest.subarray(to);
    }
  }
}
