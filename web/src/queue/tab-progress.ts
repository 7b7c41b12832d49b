import { useEffect } from 'react';
import { useActiveJobs } from '../api/queries.js';
import { progressPercent } from '../run/progress-text.js';

const name = 'Steps Animation';
/** Pixels of a side of the icon. */
const side = 64;

/** The progress of what is being made in the title and in the icon of the browser's tab. */
export function useTabProgress(): void {
  const { data: jobs = [] } = useActiveJobs();
  const running = jobs.find(({ state }) => state === 'running');
  const percent = running ? Math.round(progressPercent(running.progress)) : undefined;
  useEffect(() => {
    document.title = percent === undefined ? name : `${percent} % · ${name}`;
  }, [percent]);
  const tenth = percent === undefined ? undefined : Math.floor(percent / 10);
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (!link) return;
    const icon = tenth === undefined ? undefined : ringIcon(tenth / 10);
    link.type = icon === undefined ? 'image/svg+xml' : 'image/png';
    link.href = icon ?? '/icon.svg';
  }, [tenth]);
}

/** A ring that is closed to a share. */
function ringIcon(share: number): string | undefined {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  const arc = (to: number, colour: string) => {
    context.strokeStyle = colour;
    context.beginPath();
    context.arc(side / 2, side / 2, side / 2 - 8, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * to);
    context.stroke();
  };
  context.lineWidth = 12;
  arc(1, '#7a7085');
  arc(Math.max(share, 0.04), '#f6c15c');
  return canvas.toDataURL('image/png');
}
