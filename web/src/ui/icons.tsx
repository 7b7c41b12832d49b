import type { ReactNode } from 'react';

type Props = { readonly size?: number };

function Icon({ size = 18, children }: Props & { readonly children: ReactNode }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

const icon = (drawing: ReactNode) => (props: Props) => <Icon {...props}>{drawing}</Icon>;

export const DownloadIcon = icon(<path d="M12 4v11m-5-5 5 5 5-5M5 20h14" />);
export const CopyIcon = icon(<path d="M9 9h11v11H9zM5 15H4V4h11v1" />);
export const SendIcon = icon(<path d="M4 12h15m-6-6 6 6-6 6" />);
export const AgainIcon = icon(
  <path d="M20 5v5h-5M4 19v-5h5M5.5 9a7 7 0 0 1 13-1.5L20 10M18.5 15a7 7 0 0 1-13 1.5L4 14" />,
);
export const FilmIcon = icon(<path d="M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4" />);
export const CompareIcon = icon(
  <path d="M12 3v18M9 5H6a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h3M15 5h3a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-3" />,
);
export const DiceIcon = icon(
  <>
    <rect x="4" y="4" width="16" height="16" rx="3" />
    <path d="M8.5 8.5h.01M15.5 8.5h.01M12 12h.01M8.5 15.5h.01M15.5 15.5h.01" strokeWidth={2.6} />
  </>,
);
export const RecycleIcon = icon(
  <path d="M7 19H5l-2-3 3-5M9 5l2-2h2l3 5M17 19h2l2-3-2-4M9 16l-3 3 3 3M4 9l2 2 3-2M14 4l2 4 4-1" />,
);
export const SwapIcon = icon(<path d="M4 8h15m-4-4 4 4-4 4M20 16H5m4-4-4 4 4 4" />);
export const TrashIcon = icon(<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5" />);
export const DownIcon = icon(<path d="m6 10 6 6 6-6" />);
export const CloseIcon = icon(<path d="M6 6l12 12M18 6 6 18" />);
export const PictureIcon = icon(
  <>
    <rect x="4" y="5" width="16" height="14" rx="2" />
    <path d="m5 17 5-5 4 4 2-2 3 3M15.5 9.5h.01" />
  </>,
);
export const OpenIcon = icon(<path d="M4 6h6l2 2h8v10H4zM12 11v5m-2.5-2.5L12 11l2.5 2.5" />);
export const HelpIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7M12 17h.01" />
  </>,
);
export const AutoIcon = icon(
  <>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" />
  </>,
);
export const BrushIcon = icon(
  <path d="m10 13 8.5-8.5a1.8 1.8 0 0 1 2.5 2.5L12.5 15.5M10 13a3.5 3.5 0 0 0-3.5 3.5c0 1.5-1 2.5-2.5 2.5 1 1 2.5 1.5 4 1.5a4 4 0 0 0 4-4 3.5 3.5 0 0 0-2-3.5z" />,
);
export const UndoIcon = icon(<path d="M5 9h9a5 5 0 0 1 0 10H9M9 5 5 9l4 4" />);
export const SizeIcon = icon(<path d="M4 9V4h5M20 15v5h-5M4 4l6 6M20 20l-6-6" />);
export const PlayIcon = icon(
  <path d="M8 5.2v13.6a.6.6 0 0 0 .9.5l11-6.8a.6.6 0 0 0 0-1l-11-6.8a.6.6 0 0 0-.9.5Z" fill="currentColor" />,
);
export const PauseIcon = icon(<path d="M6.5 5h4v14h-4zM13.5 5h4v14h-4z" fill="currentColor" />);
export const StopIcon = icon(<rect x="7.5" y="7.5" width="9" height="9" rx="1.5" />);
export const SkipIcon = icon(<path d="m6 6 8 6-8 6zM18 6v12" />);
export const LoopIcon = icon(<path d="M17 3l3 3-3 3M20 6H8a4 4 0 0 0-4 4v1M7 21l-3-3 3-3M4 18h12a4 4 0 0 0 4-4v-1" />);
export const FullScreenIcon = icon(<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5" />);
export const GearIcon = icon(
  <>
    <path d="M12 3.5 19.4 7.75v8.5L12 20.5l-7.4-4.25v-8.5Z" />
    <circle cx="12" cy="12" r="2.8" />
  </>,
);
export const KeyboardIcon = icon(
  <>
    <rect x="3" y="6" width="18" height="12" rx="2.5" />
    <path d="M7 10h.01M11 10h.01M15 10h2M8 14h8" />
  </>,
);
export const ListIcon = icon(<path d="M4 7h16M4 12h16M4 17h10" />);
export const TuneIcon = icon(<path d="M4 8h10M18 8h2M4 16h4M12 16h8M14 6v4M8 14v4" />);
export const WandIcon = icon(<path d="m4 20 11-11M14 4v3M20 10h-3M18.500 5.500l-2 2M13 7l4 4" />);
export const VariationsIcon = icon(
  <>
    <rect x="4" y="4" width="12" height="12" rx="2" />
    <path d="M19.500 8.500V18a2 2 0 0 1-2 2H8" />
  </>,
);
export const RemixIcon = icon(<path d="M4 7h3l9 10h4m-3-3 3 3-3 3M4 17h3l3-3.300M13 10.300 16 7h4m-3-3 3 3-3 3" />);
export const MoreIcon = icon(<path d="M6 12h.01M12 12h.01M18 12h.01" strokeWidth={2.6} />);
export const ChevronRightIcon = icon(<path d="m9 6 6 6-6 6" />);
export const ChevronLeftIcon = icon(<path d="m15 6-6 6 6 6" />);
export const LockIcon = icon(
  <>
    <rect x="6" y="11" width="12" height="8" rx="2" />
    <path d="M9 11V8a3 3 0 0 1 6 0v3" />
  </>,
);
export const GripIcon = icon(<path d="M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01" strokeWidth={2.4} />);
