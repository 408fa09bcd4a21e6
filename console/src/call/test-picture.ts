import type { Source } from './source.ts';

const width = 640;
const height = 360;
const framesPerSecond = 25;
const toneHz = 660;
const beepSeconds = 0.12;
const bars = ['#d7dde0', '#d8c34a', '#48c4c9', '#4cb96a', '#b860c9', '#cf5147', '#3f63cf'];

/** A generated picture with a running clock, and a beep at each full second: delay can be seen and heard. */
export function openTestPicture(): Source {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (context) draw(context);
  const picture = canvas.captureStream(framesPerSecond);

  const audio = new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: toneHz });
  const volume = new GainNode(audio, { gain: 0 });
  const speaker = audio.createMediaStreamDestination();
  tone.connect(volume).connect(speaker);
  tone.start();

  let lastSecond = -1;
  const timer = setInterval(() => {
    if (context) draw(context);
    const second = Math.floor(Date.now() / 1000);
    if (second === lastSecond) return;
    lastSecond = second;
    volume.gain.setValueAtTime(0.1, audio.currentTime);
    volume.gain.setTargetAtTime(0, audio.currentTime + beepSeconds, 0.01);
  }, 1000 / framesPerSecond);

  const stream = new MediaStream([...picture.getVideoTracks(), ...speaker.stream.getAudioTracks()]);
  return {
    stream,
    stop: () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      // Closing may fail only if it is closed already.
      audio.close().catch(() => undefined);
    },
  };
}

function draw(context: CanvasRenderingContext2D): void {
  const now = new Date();
  const barWidth = width / bars.length;
  for (const [index, colour] of bars.entries()) {
    context.fillStyle = colour;
    context.fillRect(Math.floor(index * barWidth), 0, Math.ceil(barWidth), height);
  }
  context.fillStyle = '#0a0e11';
  context.fillRect(0, height * 0.66, width, height * 0.34);

  const turn = (now.getMilliseconds() / 1000) * 2 * Math.PI - Math.PI / 2;
  context.lineWidth = 10;
  context.strokeStyle = '#33414a';
  context.beginPath();
  context.arc(80, height * 0.83, 34, 0, 2 * Math.PI);
  context.stroke();
  context.strokeStyle = '#52d0c4';
  context.beginPath();
  context.arc(80, height * 0.83, 34, -Math.PI / 2, turn);
  context.stroke();

  context.fillStyle = '#f1f5f6';
  context.font = '600 52px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
  context.textBaseline = 'middle';
  context.fillText(`${now.toLocaleTimeString('en-GB')}.${Math.floor(now.getMilliseconds() / 100)}`, 150, height * 0.83);
}
