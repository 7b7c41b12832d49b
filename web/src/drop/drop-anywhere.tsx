import { Overlay, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Tab } from '../form/form-store.js';
import { readSettings } from './read-settings.js';

/** Takes files that are dropped anywhere on the page and fills the form of the open tab with their settings. */
export function DropAnywhere({ tab, onRead }: { readonly tab: Tab; readonly onRead: () => void }) {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const withFiles = (handle: (event: DragEvent) => void) => (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      handle(event);
    };
    const leave = () => {
      depth = Math.max(depth - 1, 0);
      if (depth === 0) setOver(false);
    };
    const handlers = {
      dragenter: withFiles(() => {
        depth += 1;
        setOver(true);
      }),
      dragover: withFiles(() => {}),
      dragleave: withFiles(leave),
      drop: withFiles(({ dataTransfer }) => {
        const file = dataTransfer?.files[0];
        if (file) readSettings(file, tab).then(onRead);
      }),
    };
    // Also where somebody below has taken the file: then too, nothing hangs over the page any more.
    const end = () => {
      depth = 0;
      setOver(false);
    };
    for (const [name, handler] of Object.entries(handlers)) addEventListener(name as 'drop', handler);
    addEventListener('drop', end, { capture: true });
    return () => {
      for (const [name, handler] of Object.entries(handlers)) removeEventListener(name as 'drop', handler);
      removeEventListener('drop', end, { capture: true });
    };
  }, [tab, onRead]);
  if (!isOver) return null;
  return (
    <Overlay fixed center backgroundOpacity={0.6} zIndex={400} style={{ pointerEvents: 'none' }}>
      <Text size="lg" c="white">
        Drop an image or a movie to use its settings
      </Text>
    </Overlay>
  );
}
