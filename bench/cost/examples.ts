import type { Use } from './bill.ts';
import type { CountedCalls } from './counted.ts';
import { times } from './formula.ts';
import { assumptions } from './prices.ts';

const { audioKbps, videoKbps } = assumptions;

/** Office hours: 10 of them on 22 days. */
const activeHours = 10 * 22;

export interface Example {
  readonly title: string;
  readonly about: string;
  readonly use: Use;
}

/** Three uses, with all that their bills depend on. */
export const examples = ({ calls }: CountedCalls): readonly Example[] => [
  {
    title: 'A help line',
    about: 'two parties, audio, through Janus',
    use: {
      calls: 10_000,
      minutes: 5,
      call: calls.proxy,
      parties: 2,
      streamsOut: 2,
      kbps: audioKbps,
      activeHours,
      peak: 3,
      sessionsPerNode: 300,
    },
  },
  {
    title: 'Team conferences',
    about: 'four parties, audio, mixed by FreeSWITCH',
    use: {
      calls: 2000,
      minutes: 30,
      call: times(calls.conference, 2),
      parties: 4,
      streamsOut: 4,
      kbps: audioKbps,
      activeHours,
      peak: 3,
      sessionsPerNode: 100,
    },
  },
  {
    title: 'Lessons',
    about: 'one teacher with a camera, twenty listeners, through Janus',
    use: {
      calls: 500,
      minutes: 45,
      call: times(calls.room, 7),
      parties: 21,
      streamsOut: 20,
      kbps: audioKbps + videoKbps,
      activeHours,
      peak: 2,
      sessionsPerNode: 100,
    },
  },
];
