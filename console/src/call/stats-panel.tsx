import './stats-panel.css';
import type { LiveStats } from './stats.ts';

const none = '–';

/** Live figures of what comes back. */
export function StatsPanel({ stats }: { stats: LiveStats | undefined }) {
  const rows = [
    { name: 'Video in', value: whole(stats?.videoKbps), unit: 'kbit/s' },
    { name: 'Audio in', value: whole(stats?.audioKbps), unit: 'kbit/s' },
    { name: 'Round trip', value: fine(stats?.roundTripMs), unit: 'ms' },
    { name: 'Packets lost', value: whole(stats?.packetsLost), unit: '' },
    { name: 'Frame rate', value: whole(stats?.framesPerSecond), unit: 'fps' },
    { name: 'Decoded', value: whole(stats?.framesDecoded), unit: 'frames' },
  ];
  return (
    <dl class="stats" aria-label="Statistics of what is received">
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
