import { Button, Group, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { HostKindShape } from '../api/types.js';
import { useAddHost } from './use-add-host.js';

const empty = { name: '', host: 'webui', url: '', auth: '' };

/** A form for a host elsewhere. */
export function AddHost({ kinds }: { readonly kinds: readonly HostKindShape[] }) {
  const [isOpen, setOpen] = useState(false);
  const [values, setValues] = useState(empty);
  const add = useAddHost();
  const set = (name: keyof typeof empty) => (value: string) => setValues((before) => ({ ...before, [name]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { auth, ...host } = values;
    add.mutate(auth === '' ? host : { ...host, auth }, {
      onSuccess: () => {
        setValues(empty);
        setOpen(false);
      },
    });
  };
  if (!isOpen) {
    return (
      <Button variant="default" size="xs" style={{ alignSelf: 'start' }} onClick={() => setOpen(true)}>
        Add one by its address
      </Button>
    );
  }
  return (
    <form onSubmit={submit} aria-label="Add a host">
      <Stack gap="xs" maw={480}>
        <Group grow align="start">
          <Select
            label="Kind"
            data={kinds.map(({ name: value, label }) => ({ value, label }))}
            value={values.host}
            allowDeselect={false}
            onChange={(value) => value !== null && set('host')(value)}
          />
          <TextInput
            label="Name"
            placeholder="studio"
            required
            data-autofocus
            value={values.name}
            onChange={(event) => set('name')(event.currentTarget.value)}
          />
        </Group>
        <TextInput
          label="Address"
          type="url"
          placeholder="http://studio:7860"
          required
          value={values.url}
          onChange={(event) => set('url')(event.currentTarget.value)}
        />
        {kinds.some(({ name, takesLogin }) => takesLogin && name === values.host) && (
          <PasswordInput
            label="Login, where it wants one"
            placeholder="user:password"
            autoComplete="off"
            value={values.auth}
            onChange={(event) => set('auth')(event.currentTarget.value)}
          />
        )}
        {add.isError && (
          <Text size="sm" c="red" role="alert">
            {add.error.message}
          </Text>
        )}
        <Group gap="xs">
          <Button type="submit" size="xs" loading={add.isPending}>
            Add
          </Button>
          <Button variant="subtle" color="gray" size="xs" onClick={() => setOpen(false)}>
            Never mind
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
