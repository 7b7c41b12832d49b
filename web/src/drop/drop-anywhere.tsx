import { useEffect, useEffectEvent, useState } from 'react';
import type { Tab } from '../form/form-store.js';
import classes from './drop-anywhere.module.css';
import { useReadSettings } from './read-settings.js';

type Props = {
  /** whose form is filled */
  readonly tab: Tab;
  /** told when it was */
  readonly onRead: () => void;
};

/** Takes files that are dropped or pasted anywhere on the page and fills a form with their settings. */
export function DropAnywhere({ tab, onRead }: Props) {
  const readSettings = useReadSettings(tab);
  const isOver = useDroppedFiles(async (file) => {
    if (await readSettings(file)) onRead();
  });
  if (!isOver) return null;
  return (
    <div className={classes.frame}>
      <div className={classes.words}>
        Drop an image or a movie to use its settings
        {tab === 'img2img' && ', or drop a picture on its field to start from it'}
      </div>
    </div>
  );
}

/** Hands on files that nothing else took; whether some are being dragged over the page. */
function useDroppedFiles(onFile: (file: File) => void): boolean {
  const [isOver, setOver] = useState(false);
  const take = useEffectEvent((event: DragEvent | ClipboardEvent, files: FileList | undefined) => {
    const file = files?.[0];
    if (event.defaultPrevented || !file) return;
    event.preventDefault();
    onFile(file);
  });
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;
    addEventListener('dragenter', (event) => hasFiles(event) && setOver(true), { signal });
    addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault(), { signal });
    // Without a target it goes to, the pointer leaves the page.
    addEventListener('dragleave', ({ relatedTarget }) => relatedTarget === null && setOver(false), { signal });
    addEventListener('drop', () => setOver(false), { signal, capture: true });
    addEventListener('drop', (event) => take(event, event.dataTransfer?.files), { signal });
    addEventListener('paste', (event) => hasText(event) || take(event, event.clipboardData?.files), { signal });
    return () => ending.abort();
  }, []);
  return isOver;
}

/** What is copied from documents is text with a picture of it: into a field goes the text. */
export function hasText({ clipboardData, target }: ClipboardEvent): boolean {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  return isField && clipboardData?.types.includes('text/plain') === true;
}
