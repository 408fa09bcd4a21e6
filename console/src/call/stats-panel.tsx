import './stats-panel.css';
import type { LiveStats, StatsWay } from './stats.ts';

const none = '–';

const words = {
  in: { of: 'what is received', frames: 'Decoded' },
  out: { of: 'what is sent', frames: 'Encoded' },
} as const;

/** Live figures of what comes in, or goes out. */
export function StatsPanel({ stats, way }: { stats: LiveStats | undefined; way: StatsWay }) {
  const rows = [
    { name: `Video ${way}`, value: whole(stats?.videoKbps), unit: 'kbit/s' },
    { name: `Audio ${way}`, value: whole(stats?.audioKbps), unit: 'kbit/s' },
    { name: 'Round trip', value: fine(stats?.roundTripMs), unit: 'ms' },
    { name: 'Packets lost', value: whole(stats?.packetsLost), unit: '' },
    { name: 'Frame rate', value: whole(stats?.framesPerSecond), unit: 'fps' },
    { name: words[way].frames, value: whole(stats?.frames), unit: 'frames' },
  ];
  return (
    <dl class="stats" aria-label={`Statistics of ${words[way].of}`}>
      {rows.map(({ name, value, unit }) => (
        <div key={name} class="stat">
          <dt>{name}</dt>
          <dd>
            {value} {value !== none && <span class="stat-unit">{unit}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const whole = (value: number | undefined) => (value === undefined ? none : Math.round(value).toLocaleString('en'));

/** On one machine a round trip takes less than a ms, which browsers count as 0. */
const fine = (value: number | undefined) => (value !== undefined && value < 1 ? '<1' : whole(value));
