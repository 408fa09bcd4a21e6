import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import { isHere } from '../../engines/media-addresses.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { FreeSwitchChannel } from './channel.ts';
import { requireOk } from './errors.ts';
import { Esl, type Headers } from './esl.ts';
import { readEvent, sequenceOf } from './events.ts';
import { KeptLink } from './kept-link.ts';
import { Reconciler } from './reconcile.ts';
import { OpenFiles } from './recorder.ts';
import { type EslCommand, hasModule, kill, layouts, nodeTag, version } from './requests.ts';
import type { FreeSwitchRoom } from './room.ts';
import { Sip } from './sip.ts';
import type { FreeSwitchAddress } from './url.ts';

export interface FreeSwitchOptions {
  readonly address: FreeSwitchAddress;
  /** Our node: channels are tagged with it, and those of others are not touched. */
  readonly nodeId: string;
  /** Where clients reach the media of a FreeSWITCH on this machine. */
  readonly publicAddress: string;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1, for the backoff's jitter. */
  readonly random: () => number;
  /** Called when `isUp` or `version` changed. */
  readonly onChange: () => void;
}

/** FreeSWITCH is taken for dead after so long without its event socket: its sessions end within 10 s of its death. */
const giveUpMs = 8000;

/**
 * The two connections to one FreeSWITCH: its event socket, by which channels are controlled, and SIP, by which SDPs go in
 * and out. Each is kept up by itself; calls go on while either is away.
 */
export class FreeSwitchConnection {
  readonly name: string;
  readonly tag: string;
  readonly channels = new Map<string, FreeSwitchChannel>();
  readonly rooms = new Map<string, FreeSwitchRoom>();
  readonly files = new OpenFiles();
  readonly options: FreeSwitchOptions;
  /** What clients are given instead of what FreeSWITCH says; undefined for one elsewhere, which knows best where its media is. */
  readonly clientAddress: string | undefined;
  readonly #esl: KeptLink<Esl>;
  readonly #sip: KeptLink<Sip>;
  readonly #reconciler: Reconciler;
  #isReconciled = false;
  #version = '';
  #recordsVideo = false;
  #layouts: readonly string[] = [];
  #cancelGivingUp: (() => void) | undefined;
  #wasUp = false;
  #isStopped = false;

  constructor(options: FreeSwitchOptions) {
    const { address, nodeId, clock, random, log } = options;
    this.options = options;
    this.name = `${address.host}:${address.eslPort}`;
    this.tag = nodeTag(nodeId);
    this.clientAddress = isHere(address.host) ? options.publicAddress : undefined;
    this.#reconciler = new Reconciler(this, clock);
    const failed = (error: unknown) => log.debug({ freeswitch: this.name, err: error }, 'freeswitch connection failed');
    this.#esl = new KeptLink<Esl>({
      clock,
      random,
      failed,
      open: (lost) => Esl.open(address, { lost, event: (headers) => this.#told(headers) }),
      up: (esl) => this.#eslUp(esl),
      down: () => this.#eslDown(),
    });
    this.#sip = new KeptLink<Sip>({
      clock,
      random,
      failed,
      open: (lost) => Sip.open(address, this.tag, { lost }),
      up: async () => this.#changed(),
      down: () => this.#sipDown(),
    });
  }

  /** Whether it takes new calls. */
  get isUp(): boolean {
    return this.#isReconciled && this.#sip.current !== undefined;
  }

  get version(): string {
    return this.#version;
  }

  /** Whether it can write video to files. */
  get recordsVideo(): boolean {
    return this.#recordsVideo;
  }

  /** How a picture can be arranged; none where FreeSWITCH does not tell. */
  get layouts(): readonly string[] {
    return this.#layouts;
  }

  start(): void {
    this.#esl.start();
    this.#sip.start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#reconciler.stop();
    this.#stopGivingUp();
    const channels = [...this.channels.values()];
    await Promise.all(channels.map(({ id }) => this.kill(id)));
    for (const channel of channels) channel.end('patchbay stops');
    await Promise.all([this.#esl.stop(), this.#sip.stop()]);
  }

  /** @throws PatchbayError no_mediaserver */
  get sip(): Sip {
    const sip = this.#sip.current;
    if (!sip)
      throw new PatchbayError('no_mediaserver', 'FreeSWITCH cannot be reached by SIP', { retryAfterSeconds: 1 });
    return sip;
  }

  /** @throws PatchbayError fs_error while it cannot be asked anything */
  requireReach(): void {
    this.#requireEsl();
  }

  /** FreeSWITCH's answer. @throws PatchbayError fs_error when there is none; as `requireOk` */
  async request(
    command: EslCommand,
    doing: string,
    otherwise?: 'fs_transfer_error' | 'fs_bridge_error',
  ): Promise<string> {
    return requireOk(await this.#requireEsl().api(command), doing, otherwise);
  }

  /** The same for what takes long. @throws as `request` */
  async job(command: EslCommand, doing: string, timeoutMs: number): Promise<string> {
    return requireOk(await this.#requireEsl().job(command, timeoutMs), doing, 'fs_get_offer_error');
  }

  /** Ends a channel. One that cannot be ended now is found without an owner after the next connect. Never throws. */
  async kill(id: string): Promise<void> {
    const command = kill(id);
    await this.#esl.current?.api(command).catch(() => {});
  }

  add(channel: FreeSwitchChannel): void {
    this.channels.set(channel.id, channel);
  }

  /** The channel is over, for us at least. */
  remove(channel: FreeSwitchChannel): void {
    if (this.channels.get(channel.id) === channel) this.channels.delete(channel.id);
    const sip = this.#sip.current;
    if (channel.isLost) sip?.abandon(channel.id);
    else sip?.ended(channel.id);
  }

  #requireEsl(): Esl {
    const esl = this.#esl.current;
    // Until it is known what happened meanwhile, nothing is to be moved.
    if (esl && this.#isReconciled) return esl;
    throw new PatchbayError('fs_error', 'FreeSWITCH cannot be reached', { retryAfterSeconds: 1 });
  }

  #told(headers: Headers): void {
    const event = readEvent(headers);
    if (!event) return;
    if (event.kind === 'recorded') {
      this.files.closed(event.file);
      return;
    }
    const sequence = sequenceOf(headers);
    this.channels.get(event.id)?.told(event, sequence);
    if (event.kind === 'bridged') this.channels.get(event.peerId)?.told(event, sequence);
  }

  async #eslUp(esl: Esl): Promise<void> {
    this.#version = (await esl.api(version())).trim();
    // It lives: what became of each call it will say itself.
    this.#stopGivingUp();
    this.#recordsVideo = (await esl.api(hasModule('mod_av'))).trim() === 'true';
    this.#layouts = layoutNames(await esl.api(layouts()));
    await this.#reconciler.afterConnect((command) => esl.api(command));
    if (this.#isStopped || this.#esl.current !== esl) return;
    this.#isReconciled = true;
    this.#reconciler.start();
    this.#changed();
  }

  #eslDown(): void {
    this.#reconciler.stop();
    this.#isReconciled = false;
    if (!this.#isStopped) {
      this.#cancelGivingUp ??= this.options.clock.after(giveUpMs, () => {
        this.#cancelGivingUp = undefined;
        for (const channel of [...this.channels.values()]) channel.end('FreeSWITCH is out of reach');
      });
    }
    this.#changed();
  }

  #stopGivingUp(): void {
    this.#cancelGivingUp?.();
    this.#cancelGivingUp = undefined;
  }

  /** Calls go on without it, but for those whose answer was to go by it. */
  #sipDown(): void {
    for (const channel of [...this.channels.values()].filter(({ isRinging }) => isRinging)) {
      void this.kill(channel.id);
      channel.end('the SIP connection was lost while it rang');
    }
    this.#changed();
  }

  #changed(): void {
    if (this.isUp === this.#wasUp) return;
    this.#wasUp = this.isUp;
    const { log, onChange } = this.options;
    log.info({ freeswitch: this.name, version: this.#version, up: this.isUp }, 'freeswitch');
    onChange();
  }
}

/** Of a configuration in XML. */
const layoutNames = (xml: string): string[] =>
  [...xml.matchAll(/<layout name="([A-Za-z0-9_+-]+)"/g)].map(([, name = '']) => name);
