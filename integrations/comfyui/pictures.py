"""Pictures of latents and of ComfyUI's images."""


def decode(vae, latent_format, latents):
    """Images [N, H, W, 3] from 0 to 1 by the VAE; it gives a row of them for each latent of a model that makes videos."""
    images = vae.decode(latent_format.process_out(latents))
    return images.reshape(-1, *images.shape[-3:]) if len(images.shape) > 4 else images


def picture_of(latents, latent_format, vae):
    """
    Of a batch of one; of a video, its first image. At full size by the VAE, or else as ComfyUI estimates colours for its
    previews, at an eighth of the size.
    """
    if vae is not None:
        return pixels(decode(vae, latent_format, latents)[0])
    if getattr(latent_format, "latent_rgb_factors", None) is None:
        raise ValueError("ComfyUI knows no colours of this model's latents: connect the VAE")
    from latent_preview import Latent2RGBPreviewer

    names = ("latent_rgb_factors", "latent_rgb_factors_bias", "latent_rgb_factors_reshape")
    facts = [getattr(latent_format, name, None) for name in names]
    while facts[-1] is None:  # older ones take fewer
        facts.pop()
    picture = Latent2RGBPreviewer(*facts).decode_latent_to_preview(latents).convert("RGB")
    return picture.tobytes(), picture.size


def pixels(image):
    """An image [H, W, 3] from 0 to 1 as bytes, cut off as ComfyUI saves images, and its size."""
    height, width = image.shape[:2]
    levels = (image[..., :3].float() * 255).clamp(0, 255).byte().cpu().contiguous()
    return levels.numpy().tobytes(), (int(width), int(height))
