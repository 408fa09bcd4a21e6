import type { Leg, Legs } from './leg.ts';
import type { NodeWait } from './node-wait.ts';
import type { Report } from './report.ts';

/** Two tones that no mixer takes for each other. */
const low = 440;
const high = 880;

export interface CallParts {
  readonly report: Report;
  readonly legs: Legs;
  readonly nodes: NodeWait;
  /** Why there is no media, where there is none. */
  readonly noMedia: string;
}

const named = ({ sessionId }: Leg) => `session ${sessionId}`;
const pitch = (hz: number) => `${Math.round(hz)} Hz`;

/** A call to oneself. @throws Failed */
export async function echoCall({ report, legs, nodes, noMedia }: CallParts, engine?: 'freeswitch'): Promise<void> {
  const name = engine === undefined ? 'echo' : 'FreeSWITCH echo';
  const leg = await report.check(
    `${name}: offer and answer`,
    () => nodes.whenThere(() => legs.echo(low, engine)),
    named,
  );
  try {
    await report.check(`${name}: events arrive`, () => leg.heard('created'));
    await mediaFlows(report, `${name}: media`, leg, low, noMedia);
  } finally {
    await ends(report, name, leg);
  }
}

/** One publishes, another listens. @throws Failed */
export async function roomCall({ report, legs, nodes, noMedia }: CallParts): Promise<void> {
  const publisher = await report.check(
    'room: publish',
    () => nodes.whenThere(() => legs.publish(low)),
    ({ roomId }) => `room ${roomId}`,
  );
  try {
    const { listen } = legs;
    if (!listen) return report.skip('room: listen', noMedia);
    const listener = await report.check('room: listen', () => listen(publisher), named);
    await mediaFlows(report, 'room: media to the listener', listener, low, noMedia);
  } finally {
    // The listener ends with its publisher.
    await ends(report, 'room', publisher);
  }
}

/** Two in a conference hear each other. @throws Failed */
export async function conferenceCall({ report, legs, nodes, noMedia }: CallParts): Promise<void> {
  const name = 'FreeSWITCH conference';
  const first = await report.check(
    `${name}: join`,
    () => nodes.whenThere(() => legs.join(low)),
    ({ roomId }) => `room ${roomId}`,
  );
  try {
    const second = await report.check(`${name}: another joins`, () => legs.join(high, first.roomId), named);
    try {
      await mediaFlows(report, `${name}: first to second`, second, low, noMedia);
      await mediaFlows(report, `${name}: second to first`, first, high, noMedia);
    } finally {
      await second.hangUp();
    }
  } finally {
    await ends(report, name, first);
  }
}

async function mediaFlows(report: Report, name: string, { media }: Leg, hz: number, noMedia: string): Promise<void> {
  if (!media) return report.skip(name, noMedia);
  await report.check(`${name} connects`, () => media.connected());
  await report.check(`${name} is heard`, () => media.hears(hz), pitch);
}

const ends = (report: Report, name: string, leg: Leg): Promise<void> =>
  report.check(`${name}: ends`, async () => {
    const told = leg.heard('destroyed');
    // A hang-up that is refused says more than an event that then does not come.
    told.catch(() => {});
    await leg.hangUp();
    if (!leg.media) await told;
  });
