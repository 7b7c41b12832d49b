import { Button, Center, Group, Loader, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useIntersection, useSessionStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { ask } from '../api/client.js';
import { type AnimationFilter, keys, useAnimations } from '../api/queries.js';
import { AnimationGrid } from './animation-grid.js';

const AnimationDetails = lazy(() => import('./animation-details.js'));

type Facets = Record<'codecs' | 'samplers' | 'models', string[]>;

const all: AnimationFilter = { text: '', codec: null, sampler: null, model: null };

/** The finished movies: a grid to look through and search. */
export default function AnimationsTab() {
  const [filter, setFilter] = useSessionStorage({ key: 'steps-animation.filter', defaultValue: all });
  const [settled] = useDebouncedValue(filter, 250);
  const [open, setOpen] = useState<string>();
  const { data, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useAnimations(settled);
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  const total = data?.pages[0]?.total ?? 0;
  const { ref, entry: end } = useIntersection({ rootMargin: '600px' });
  useEffect(() => {
    if (end?.isIntersecting && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [end?.isIntersecting, hasNextPage, isFetchingNextPage, fetchNextPage]);
  const shown = entries.find(({ id }) => id === open);
  return (
    <Stack gap="md">
      <Filters filter={filter} onChange={setFilter} />
      <Text size="sm" c="dimmed" role="status">
        {isPending ? '' : `${total} ${total === 1 ? 'animation' : 'animations'}`}
      </Text>
      {isPending ? (
        <Center mih={300}>
          <Loader type="dots" />
        </Center>
      ) : entries.length === 0 ? (
        <Nothing isFiltered={settled.text !== '' || Boolean(settled.codec ?? settled.sampler ?? settled.model)} />
      ) : (
        <AnimationGrid entries={entries} onOpen={setOpen} />
      )}
      {hasNextPage && (
        <Button ref={ref} variant="default" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
          Show more
        </Button>
      )}
      {shown && (
        <Suspense>
          <AnimationDetails entry={shown} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
    </Stack>
  );
}

type FiltersProps = { readonly filter: AnimationFilter; readonly onChange: (filter: AnimationFilter) => void };

function Filters({ filter, onChange }: FiltersProps) {
  const { data: facets } = useQuery({
    queryKey: [...keys.animations, 'facets'],
    queryFn: ({ signal }) => ask<Facets>('/animations/facets', { signal }),
  });
  const choice = (label: string, name: 'codec' | 'sampler' | 'model', names: readonly string[] = []) => (
    <Select
      label={label}
      placeholder="all"
      clearable
      w={{ base: '100%', xs: 150 }}
      data={[...names]}
      value={filter[name]}
      onChange={(value) => onChange({ ...filter, [name]: value })}
    />
  );
  return (
    <Group align="end" gap="sm">
      <TextInput
        flex="1 1 14rem"
        type="search"
        label="Search"
        placeholder="words of the prompt"
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.currentTarget.value })}
      />
      {choice('Codec', 'codec', facets?.codecs)}
      {choice('Sampler', 'sampler', facets?.samplers)}
      {choice('Model', 'model', facets?.models)}
    </Group>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Center mih={240}>
      <Text c="dimmed" ta="center">
        {isFiltered
          ? 'Nothing is like that. Try fewer words, or clear the filters.'
          : 'Nothing yet: what you generate is collected here.'}
      </Text>
    </Center>
  );
}
