"""The texts that the tokenizers can read token by token as CLIP does, and that the golden values are made of."""

PROMPT = "a photo of a red fox in the snow"
NEGATIVE_PROMPT = "blurry, low quality, watermark"
TEXTS = [
    PROMPT,
    NEGATIVE_PROMPT,
    "",
    "An oil painting of a lighthouse at sunset, highly detailed",
    "Portrait of an astronaut riding a horse!",
    "it's the painter's cat; they're 100% happy",
    "café crème, 3 croissants & 2 cups",
    "(masterpiece:1.2), [bad hands], a  wide\nshot",
    "日本の猫 🚀✨",
    "xylophone qwertz",
    ", ".join(["a photo of a red fox in the snow"] * 12),
]
