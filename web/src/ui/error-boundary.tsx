import { Alert, Button, Group, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { words } from '../words/words.js';

type Props = { readonly children: ReactNode };
type State = { readonly error: unknown; readonly hasFailed: boolean };

/** Shows what went wrong in a part of the page in its place; without it, React would leave the whole page white. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined, hasFailed: false };

  static getDerivedStateFromError(error: unknown): State {
    return { error, hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    const { error } = this.state;
    return (
      <Alert color="red" title={words().notices.partFailed} role="alert" my="md">
        <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            {words().notices.reload}
          </Button>
        </Group>
      </Alert>
    );
  }
}
