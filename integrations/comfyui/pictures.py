"""Converts latents and ComfyUI's images to pixels."""


def decode(vae, latent_format, latents):
    """Decodes to images [N, H, W, 3] from 0 to 1. The VAE of a video model returns several for each latent."""
    images = vae.decode(latent_format.process_out(latents))
    return images.reshape(-1, *images.shape[-3:]) if len(images.shape) > 4 else images


def picture_of(latents, latent_format, vae):
    """
    The pixels and size of a batch of one; for a video, of its first image. With a VAE at full size, without it as in
    ComfyUI's previews, at an eighth of the size. Raises ValueError if the model has no previews.
    """
    if vae is not None:
        return pixels(decode(vae, latent_format, latents)[0])
    if getattr(latent_format, "latent_rgb_factors", None) is None:
        raise ValueError("ComfyUI has no previews for this model's latents: connect the VAE")
    from latent_preview import Latent2RGBPreviewer

    names = ("latent_rgb_factors", "latent_rgb_factors_bias", "latent_rgb_factors_reshape")
    factors = [getattr(latent_format, name, None) for name in names]
    while factors[-1] is None:  # older versions of ComfyUI have fewer
        factors.pop()
    picture = Latent2RGBPreviewer(*factors).decode_latent_to_preview(latents).convert("RGB")
    return picture.tobytes(), picture.size


def pixels(image):
    """Converts an image [H, W, 3] from 0 to 1 to bytes, truncated as ComfyUI does when it saves images, and its size."""
    height, width = image.shape[:2]
    levels = (image[..., :3].float() * 255).clamp(0, 255).byte().cpu().contiguous()
    return levels.numpy().tobytes(), (int(width), int(height))
