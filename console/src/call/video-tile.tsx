import './video-tile.css';
import { useEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from '../shell/icon.tsx';

interface Props {
  readonly label: string;
  readonly testId: string;
  readonly stream: MediaStream | undefined;
  /** Shown while there is no picture. */
  readonly hint: string;
  readonly icon: IconName;
  /** Not to be heard here: one's own voice. */
  readonly silent: boolean;
  readonly badges?: readonly string[];
}

export function VideoTile({ label, testId, stream, hint, icon, silent, badges = [] }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null;
  }, [stream]);
  const hasPicture = (stream?.getVideoTracks().length ?? 0) > 0;
  return (
    <figure class="tile" data-live={stream !== undefined}>
      <video ref={video} data-testid={testId} aria-label={label} autoplay playsInline muted={silent} />
      {!hasPicture && (
        <p class="tile-hint">
          <Icon name={stream ? 'microphone' : icon} />
          {stream ? 'Sound only' : hint}
        </p>
      )}
      <figcaption class="tile-label">
        {label}
        {badges.map((badge) => (
          <span key={badge} class="tile-badge">
            {badge}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
