import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { request } from '../api/client.js';
import { keys } from '../api/queries.js';
import { useOptions } from '../form/form-options.js';
import { getForm, type Tab } from '../form/form-store.js';
import { notifyError } from '../ui/notifications.js';
import { words } from '../words/words.js';
import classes from './looks.module.css';

/** Keeps the options of the movie at hand as another look, which gets a card. */
export function SaveLook({ tab }: { readonly tab: Tab }) {
  const [name, setName] = useState<string>();
  const queries = useQueryClient();
  const { look } = useOptions(tab, 'animation');
  const { look: text, nav } = words();
  const save = useMutation({
    mutationFn: (named: string) =>
      request('/looks', { method: 'POST', body: { name: named, options: getForm(tab).animation } }),
    onSuccess: async (_, named) => {
      await queries.invalidateQueries({ queryKey: keys.looks });
      look?.onChange(named);
      setName(undefined);
    },
    onError: notifyError,
  });
  if (name === undefined) {
    return (
      <Button variant="default" size="xs" onClick={() => setName('')}>
        {text.save}
      </Button>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) save.mutate(name.trim());
  };
  return (
    <form className={classes.save} onSubmit={submit}>
      <TextInput
        flex={1}
        size="xs"
        aria-label={text.name}
        placeholder={text.name}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" disabled={!name.trim()} loading={save.isPending}>
        {text.keep}
      </Button>
      <Button variant="subtle" size="xs" onClick={() => setName(undefined)}>
        {nav.close}
      </Button>
    </form>
  );
}
