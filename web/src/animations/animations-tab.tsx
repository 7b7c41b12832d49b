export default function AnimationsTab() {
  return null;
}
