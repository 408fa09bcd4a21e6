import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const sampleRate = 8000;
const bytesPerSample = 2;

/** A recording that runs: silence of exactly its length, as wav whatever the file is called. */
export class Recording {
  readonly file: string;
  readonly #startedAtMs = performance.now();

  constructor(file: string) {
    this.file = file;
  }

  /** Ends it. Missing folders are made, as FreeSWITCH does. */
  write(): { readonly durationMs: number } {
    const durationMs = Math.round(performance.now() - this.#startedAtMs);
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, silentWav(durationMs));
    return { durationMs };
  }
}

/** One channel of 16-bit samples. http://soundfile.sapp.org/doc/WaveFormat/ */
function silentWav(durationMs: number): Buffer {
  const dataBytes = Math.round((durationMs * sampleRate) / 1000) * bytesPerSample;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + dataBytes, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * bytesPerSample, 28);
  head.writeUInt16LE(bytesPerSample, 32);
  head.writeUInt16LE(bytesPerSample * 8, 34);
  head.write('data', 36);
  head.writeUInt32LE(dataBytes, 40);
  return Buffer.concat([head, Buffer.alloc(dataBytes)]);
}
