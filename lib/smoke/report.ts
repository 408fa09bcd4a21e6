import { explain } from './explain.ts';

type Print = (line: string) => void;

const nameWidth = 34;
const mark = { ok: ' ok  ', failed: 'FAIL ', skipped: ' --  ', note: '     ' };

/** What was checked, line by line, with the time that each thing took. */
export class Report {
  readonly #print: Print;
  readonly #startedAtMs = performance.now();
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  constructor(print: Print) {
    this.#print = print;
  }

  get failures(): number {
    return this.#failed;
  }

  /**
   * Does one thing and tells what came of it.
   *
   * @param detail what there is to say of its result
   * @throws Failed when it failed, which the report says already
   */
  async check<T>(name: string, work: () => Promise<T>, detail: (result: T) => string = () => ''): Promise<T> {
    const fromMs = performance.now();
    const line = (what: string) =>
      `${name.padEnd(nameWidth)} ${seconds(performance.now() - fromMs)}  ${what}`.trimEnd();
    try {
      const result = await work();
      this.#passed += 1;
      this.#print(`${mark.ok} ${line(detail(result))}`);
      return result;
    } catch (error) {
      this.#failed += 1;
      this.#print(`${mark.failed} ${line('')}`);
      for (const part of explain(error)) this.note(part);
      throw new Failed(name);
    }
  }

  /** What could not be checked is not well, and not ill either. */
  skip(name: string, why: string): void {
    this.#skipped += 1;
    this.#print(`${mark.skipped} ${name.padEnd(nameWidth)} not checked: ${why}`);
  }

  note(text: string): void {
    this.#print(`${mark.note} ${text}`);
  }

  /** The last line. */
  end(): void {
    const took = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1);
    const skipped = this.#skipped === 0 ? '' : `, ${this.#skipped} not checked`;
    const counts = `${this.#passed} checks passed${skipped}, in ${took} s`;
    this.#print(this.#failed === 0 ? `\npassed: ${counts}` : `\nFAILED: ${this.#failed} failed, ${counts}`);
  }
}

/** A check failed, and the report says why. */
export class Failed extends Error {
  override readonly name = 'Failed';
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2).padStart(7)} s`;
