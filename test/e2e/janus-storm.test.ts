import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import { type Chooser, chooser } from '../support/chooser.ts';
import { useCutOffJanus } from '../support/cut-off-janus.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { hears, type Listener, type Publisher, type Room } from '../support/janus-stage.ts';
import { answerOffer } from '../support/media-ends.ts';
import { until } from '../support/until.ts';

const on = useCutOffJanus();

/** What anybody may do at any time, while the others do something, too. */
class Storm {
  readonly rooms: Room[] = [];
  readonly publishers: Publisher[] = [];
  readonly listeners: Listener[] = [];
  readonly faults: unknown[] = [];
  readonly #choose: Chooser;

  constructor(seed: number) {
    this.#choose = chooser(seed);
  }

  /** Does one thing; what is refused is no fault, as long as the error is ours. */
  async gust(): Promise<void> {
    const all = [
      () => this.#publish(),
      () => this.#publish(),
      () => this.#listen(),
      () => this.#listen(),
      () => this.#switch(),
      () => this.#switch(),
      () => this.#mute(),
      () => this.#close(this.publishers),
      () => this.#close(this.listeners),
      () => this.#hangUp(),
      () => this.#closeRoom(),
    ];
    try {
      await this.#choose.of(all)?.();
    } catch (error) {
      // A client whose session has ended under it is never connected.
      const isUnconnected = error instanceof Error && error.message.startsWith('the peer connection is up: not');
      if (!(error instanceof PatchbayError) && !isUnconnected) this.faults.push(error);
    }
  }

  async #publish(): Promise<void> {
    const room =
      this.#choose.below(3) === 0 ? on.stage.openRoom() : (this.#choose.of(this.rooms) ?? on.stage.openRoom());
    if (!this.rooms.includes(room)) this.rooms.push(room);
    const hasVideo = this.#choose.below(4) === 0;
    const tracks = [on.stage.tone(), ...(hasVideo ? [on.stage.picture()] : [])];
    this.publishers.push(await on.stage.publish(room, tracks));
  }

  async #listen(): Promise<void> {
    const publisher = this.#choose.of(this.publishers);
    const mute_audio = this.#choose.below(2) === 0;
    if (publisher) this.listeners.push(await on.stage.listen(publisher.session, { mute_audio }));
  }

  async #switch(): Promise<void> {
    const [listener, to] = [this.#choose.of(this.listeners), this.#choose.of(this.publishers)];
    if (!listener || !to) return;
    const offer = await listener.session.changePublisher?.(to.session);
    if (offer) await answerOffer(listener.session, listener.peerConnection, offer);
  }

  async #mute(): Promise<void> {
    const one = this.#choose.of([...this.listeners, ...this.publishers]);
    await one?.session.updateMedia?.({ mute_audio: this.#choose.below(2) === 0 });
  }

  async #close(from: (Publisher | Listener)[]): Promise<void> {
    const [one] = from.splice(this.#choose.below(from.length), 1);
    await one?.session.close();
  }

  async #hangUp(): Promise<void> {
    const one = this.#choose.of([...this.listeners, ...this.publishers]);
    one?.peerConnection.close();
  }

  async #closeRoom(): Promise<void> {
    const [room] = this.#choose.below(3) === 0 ? this.rooms.splice(this.#choose.below(this.rooms.length), 1) : [];
    await room?.close();
  }
}

test.each([
  ['the WebSocket comes and goes', 1],
  ['the WebSocket comes and goes', 2],
  ['Janus dies', 3],
] as const)(
  'whatever happens at once while %s, nobody is told twice and nothing is left (%i)',
  async (what, seed) => {
    const storm = new Storm(seed);
    const gusts: Promise<void>[] = [];
    for (let at = 0; at < 60; at += 1) {
      gusts.push(storm.gust());
      await delay(60);
      if (at % 20 === 19) {
        if (what === 'Janus dies') process.kill(on.pid, 'SIGKILL');
        await on.goesAway();
        await delay(300);
        await on.comesBack();
      }
    }
    await Promise.all(gusts);
    expect(storm.faults).toEqual([]);
    for (const { sink } of [...storm.publishers, ...storm.listeners]) expect(sink.ends).toBeLessThanOrEqual(1);
    for (const { ends } of storm.rooms) expect(ends.length).toBeLessThanOrEqual(1);

    const after = await on.stage.publish(on.stage.openRoom(), [on.stage.tone(880)]);
    await hears(await on.stage.listen(after.session), 880);
    await on.stage.close();
    await until('nothing is left', async () => (await janusHandles(on.bench.janus)).length === 0);
    expect(on.janus.engine().sessions).toBe(0);
  },
  60_000,
);
