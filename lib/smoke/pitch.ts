/** Quieter than this is noise around zero, which crosses it for no reason. */
const quiet = 100;

/** Measures the pitch of 16-bit samples by their zero crossings, as they come. */
export class PitchMeter {
  #crossings = 0;
  #samples = 0;
  #last = 0;

  /** How much was heard so far. */
  get samples(): number {
    return this.#samples;
  }

  hear(sample: number): void {
    this.#samples += 1;
    if (Math.abs(sample) <= quiet) return;
    if (this.#last < 0 && sample > 0) this.#crossings += 1;
    this.#last = sample;
  }

  /** 0 for silence. */
  hz(sampleRate: number): number {
    return this.#samples === 0 ? 0 : (this.#crossings * sampleRate) / this.#samples;
  }
}
