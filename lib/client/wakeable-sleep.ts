/** A wait that can be cut short. One at a time. */
export class WakeableSleep {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #done: () => void = () => undefined;

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }

  wake(): void {
    clearTimeout(this.#timer);
    this.#done();
  }
}
