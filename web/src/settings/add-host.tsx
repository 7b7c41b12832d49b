import { Button, Group, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { request } from '../api/client.js';
import { keys, useFoundHosts } from '../api/queries.js';
import type { HostKindShape, HostShape } from '../api/types.js';
import { notifyError } from '../ui/notifications.js';

const emptyForm = { name: '', host: 'webui', url: '', auth: '' };

/** A form that adds a host by its address. */
export function AddHost({ kinds }: { readonly kinds: readonly HostKindShape[] }) {
  const [isOpen, setOpen] = useState(false);
  const [values, setValues] = useState(emptyForm);
  const add = useAddHost();
  const set = (name: keyof typeof emptyForm) => (value: string) =>
    setValues((before) => ({ ...before, [name]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { auth, ...host } = values;
    add.mutate(auth === '' ? host : { ...host, auth }, {
      onSuccess: () => {
        setValues(emptyForm);
        setOpen(false);
      },
    });
  };
  if (!isOpen) {
    return (
      <Button variant="default" size="xs" style={{ alignSelf: 'start' }} onClick={() => setOpen(true)}>
        Add a host by its address
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
            label="Login, if required"
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
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

type NewHost = { readonly name: string; readonly host: string; readonly url: string; readonly auth?: string };

/** Adds a host, even if it does not answer yet. */
function useAddHost() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (host: NewHost) => request<HostShape>('/hosts', { method: 'POST', body: host }),
    onSuccess: ({ name, models, problem }) => {
      const message = `${name} was added. Models: ${models.join(', ') || 'none yet'}.`;
      notifications.show({ message: problem === null ? message : `${name} was added but is offline: ${problem}` });
      void queries.invalidateQueries({ queryKey: keys.hosts });
      void queries.invalidateQueries({ queryKey: keys.about });
    },
  });
}

/** Finds hosts that run on the service's machine, and offers to add them. */
export function FoundHosts() {
  const { data: found, isFetching, refetch } = useFoundHosts();
  const add = useAddHost();
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Button variant="default" size="xs" loading={isFetching} onClick={() => void refetch()}>
          Find hosts on this machine
        </Button>
        {found?.length === 0 && (
          <Text size="sm" role="status">
            None found. A web UI must be started with --api.
          </Text>
        )}
      </Group>
      {found?.map(({ url, kind, models, problem, isUsable }) => (
        <Group key={url} gap="xs">
          <Text size="sm" flex="1 1 12rem">
            {kind}, {url}
            <Text span size="xs" c="dimmed">
              {problem === null ? `: ${models.join(', ') || 'no models'}` : `: ${problem}`}
            </Text>
          </Text>
          {isUsable && (
            <Button
              variant="light"
              size="compact-xs"
              aria-label={`Use ${kind} at ${url}`}
              loading={add.isPending && add.variables.url === url}
              onClick={() =>
                add.mutate({ name: `${kind}-${new URL(url).port}`, host: kind, url }, { onError: notifyError })
              }
            >
              Use
            </Button>
          )}
        </Group>
      ))}
    </Stack>
  );
}
