import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CallEnd } from './call-ends.ts';

const script = fileURLToPath(new URL('./media-process.ts', import.meta.url));

/** What goes over the channel to a media process, and what comes back. */
export interface MediaQuestion {
  readonly id: number;
  readonly ask: 'offer' | 'takeAnswer' | 'answer' | 'bytesIn';
  readonly sdp: string;
}
export interface MediaAnswer {
  readonly id: number;
  readonly value: string | number;
}

/** A WebRTC client's media in a process of its own, for tests that kill it. */
export class ForkedEnd implements CallEnd {
  readonly sdpType = 'webrtc';
  readonly #child: ChildProcess = fork(script, { execArgv: [] });
  #asked = 0;

  offer(): Promise<string> {
    return this.#ask('offer').then(String);
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.#ask('takeAnswer', sdp);
  }

  answer(offer: string): Promise<string> {
    return this.#ask('answer', offer).then(String);
  }

  bytesIn(): Promise<number> {
    return this.#ask('bytesIn').then(Number);
  }

  /** Without a word to anybody. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #ask(ask: MediaQuestion['ask'], sdp = ''): Promise<MediaAnswer['value']> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#child.off('message', look);
        this.#child.off('exit', gone);
      };
      const look = (answer: unknown) => {
        if (!isAnswer(answer) || answer.id !== id) return;
        stop();
        resolve(answer.value);
      };
      const gone = () => {
        stop();
        reject(new Error('the media process has ended'));
      };
      this.#child.on('message', look);
      this.#child.on('exit', gone);
      const question: MediaQuestion = { id, ask, sdp };
      this.#child.send(question);
    });
  }
}

const isAnswer = (message: unknown): message is MediaAnswer =>
  typeof message === 'object' && message !== null && 'id' in message && 'value' in message;
