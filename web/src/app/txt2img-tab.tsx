import { useForm } from '../form/form-store.js';
import { GenerateTab } from './generate-tab.js';

/** An image from a prompt. */
export function Txt2imgTab() {
  const { generation, animation, scriptEnabled } = useForm('txt2img');
  return (
    <GenerateTab
      tab="txt2img"
      request={async () => ({ kind: 'txt2img', generation, animation: scriptEnabled ? animation : null })}
    />
  );
}
