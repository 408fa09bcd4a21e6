/** Whether a line of a log is counted. */
export type Matches = (line: string) => boolean;

/** What CloudWatch does not document: whether `!=` holds for a field that a line does not have. */
export interface Unknowns {
  readonly missingDiffers: boolean;
}

/**
 * CloudWatch's filter patterns for JSON, as far as they are used here: `=`, `!=` with text and `*`, `NOT EXISTS`, `&&` before `||`,
 * parentheses.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html
 * @throws Error for what it does not know
 */
export function filterPattern(pattern: string, unknowns: Unknowns): Matches {
  const inner = /^\s*\{(?<inner>.*)\}\s*$/s.exec(pattern)?.groups?.inner;
  if (inner === undefined) throw new Error(`no pattern for JSON: ${pattern}`);
  const tokens = inner.match(/\(|\)|&&|\|\||!=|=|"(?:[^"\\]|\\.)*"|[^\s()&|=!"]+/g) ?? [];
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  const take = (token: string): boolean => {
    if (tokens[at] !== token) return false;
    at += 1;
    return true;
  };

  const any = (): Test => {
    const tests = [all()];
    while (take('||')) tests.push(all());
    return (event) => tests.some((test) => test(event));
  };
  const all = (): Test => {
    const tests = [one()];
    while (take('&&')) tests.push(one());
    return (event) => tests.every((test) => test(event));
  };
  const one = (): Test => {
    if (!take('(')) return comparison();
    const test = any();
    if (!take(')')) throw new Error(`a parenthesis stays open: ${pattern}`);
    return test;
  };
  const comparison = (): Test => {
    const [selector, operator, operand] = [next(), next(), next()];
    const path = pathOf(selector);
    if (operator === 'NOT' && operand === 'EXISTS') return (event) => valueAt(event, path) === undefined;
    const equals = like(operand);
    if (operator === '=') return (event) => isScalar(valueAt(event, path)) && equals(valueAt(event, path));
    if (operator !== '!=') throw new Error(`an operator that is not known: ${operator}`);
    return (event) => {
      const value = valueAt(event, path);
      return isScalar(value) ? !equals(value) : unknowns.missingDiffers;
    };
  };

  const test = any();
  if (at !== tokens.length) throw new Error(`not understood from ${tokens.slice(at).join(' ')}`);
  return (line) => {
    const event = parse(line);
    return event !== undefined && test(event);
  };
}

type Test = (event: unknown) => boolean;

function pathOf(selector: string): string[] {
  if (!/^\$(\.\w+|\[\d+\])+$/.test(selector)) throw new Error(`a selector that is not known: ${selector}`);
  return selector.match(/\w+/g) ?? [];
}

const valueAt = (event: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined,
    event,
  );

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

function like(operand: string): (value: unknown) => boolean {
  if (!/^("|[\w.*]+$)/.test(operand)) throw new Error(`an operand that is not known: ${operand}`);
  const text = operand.startsWith('"') ? operand.slice(1, -1).replaceAll(/\\(.)/g, '$1') : operand;
  const parts = text.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const whole = new RegExp(`^${parts.join('.*')}$`, 's');
  return (value) => whole.test(String(value));
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
