/** One session of a call, as its checks see it. */
export interface Leg {
  readonly sessionId: string;
  readonly roomId: string | undefined;
  /** Undefined where signalling alone is checked. */
  readonly media: LegMedia | undefined;
  /** Resolves when such an event has come; those that came before count. @throws Error when it does not come in time */
  heard(type: string): Promise<void>;
  hangUp(): Promise<void>;
}

export interface LegMedia {
  /** Resolves when ICE and DTLS are through. @throws Error that names the addresses that were tried */
  connected(): Promise<void>;
  /** Resolves with the pitch once this tone is heard. @throws Error that says what was heard instead */
  hears(hz: number): Promise<number>;
}

/** How sessions are made: with media, or without. */
export interface Legs {
  /** @param engine default: whichever the deployment takes */
  echo(hz: number, engine?: 'freeswitch'): Promise<Leg>;
  publish(hz: number): Promise<Leg>;
  /** Undefined where signalling alone is checked: engines let nobody listen to who is not there. */
  readonly listen: ((publisher: Leg) => Promise<Leg>) | undefined;
  /** A member of a conference, a new one if none is named. */
  join(hz: number, roomId?: string): Promise<Leg>;
  /** Ends what they hold beside the sessions. */
  close(): void;
}

/** How long anything may take that takes a second where all is well. */
export const patienceMs = 15_000;

/** @throws Error `what` did not happen in time */
export async function inTime<T>(what: () => string, promise: Promise<T>, timeoutMs = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what()} within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
