import { Modal } from '@mantine/core';
import { words } from '../words/words.js';
import classes from './shell.module.css';

/** The list of keys. */
export default function KeysHelp({ onClose }: { readonly onClose: () => void }) {
  const { keys } = words();
  return (
    <Modal opened onClose={onClose} title={keys.title} size="md">
      <dl className={classes.keys}>
        {keys.rows.map(([key, what]) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt>{key}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <small>{keys.note}</small>
    </Modal>
  );
}
