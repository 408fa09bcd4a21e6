/** UDP ports, the first and the last. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Where media comes in, engine by engine; what a firewall has to let through is from the first of all to the last.
 * FreeSWITCH and Janus' plain RTP stay below the ports that Linux gives to others (from 32768): Janus' WebRTC looks for
 * another one when one is taken.
 */
export const mediaPorts = {
  freeswitch: { first: 10_000, last: 19_998 },
  janusRtp: { first: 20_000, last: 29_999 },
  janusWebrtc: { first: 30_000, last: 59_999 },
} as const satisfies Readonly<Record<string, PortRange>>;

/** From the first of all to the last. */
export const allMediaPorts: PortRange = {
  first: Math.min(...Object.values(mediaPorts).map(({ first }) => first)),
  last: Math.max(...Object.values(mediaPorts).map(({ last }) => last)),
};
