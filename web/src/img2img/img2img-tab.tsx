export default function Img2imgTab() {
  return null;
}
