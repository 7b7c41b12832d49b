"""Tiny pipelines of diffusers with random weights, in the shapes of the models that people use."""

import json
import tempfile
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

#: of Stable Diffusion
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
WIDTH = 32


def stable_diffusion(scheduler, kind="txt2img"):
    classes = {
        "txt2img": StableDiffusionPipeline,
        "img2img": StableDiffusionImg2ImgPipeline,
        "inpaint": StableDiffusionInpaintPipeline,
    }
    return classes[kind](
        vae=vae(),
        unet=unet(9 if kind == "inpaint" else 4),
        text_encoder=text_encoder(),
        tokenizer=tokenizer(),
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def stable_diffusion_xl(scheduler, dtype=torch.float32):
    model = unet(
        4, addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=80
    )
    parts = {"vae": vae(scaling_factor=0.13025, force_upcast=True), "unet": model, "scheduler": scheduler}
    pipe = StableDiffusionXLPipeline(
        **parts, text_encoder=None, text_encoder_2=None, tokenizer=None, tokenizer_2=None, add_watermarker=False
    )
    pipe._get_add_time_ids = lambda *_, **__: torch.tensor([[64, 64, 0, 0, 64, 64]], dtype=dtype)
    return pipe.to(dtype)


def stable_diffusion_3(scheduler):
    transformer = SD3Transformer2DModel(
        sample_size=16, patch_size=2, in_channels=16, out_channels=16, num_layers=1, attention_head_dim=8,
        num_attention_heads=4, joint_attention_dim=WIDTH, caption_projection_dim=32, pooled_projection_dim=WIDTH,
        pos_embed_max_size=32,
    )  # fmt: skip
    encoders = dict.fromkeys(
        ["text_encoder", "text_encoder_2", "text_encoder_3", "tokenizer", "tokenizer_2", "tokenizer_3"]
    )
    decoder = vae(latent_channels=16, scaling_factor=1.5305, shift_factor=0.0609)
    return StableDiffusion3Pipeline(transformer=transformer, scheduler=scheduler, vae=decoder, **encoders)


def flux(scheduler):
    transformer = FluxTransformer2DModel(
        patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=WIDTH, pooled_projection_dim=WIDTH, axes_dims_rope=(4, 4, 8),
    )  # fmt: skip
    encoders = dict.fromkeys(["text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"])
    decoder = vae(latent_channels=16, scaling_factor=0.3611, shift_factor=0.1159)
    return FluxPipeline(transformer=transformer, scheduler=scheduler, vae=decoder, **encoders)


def embeds(batch=1, pooled=True, negative=False):
    """What stands for a prompt where there is no text encoder."""
    random = torch.Generator().manual_seed(7)
    names = ["prompt_embeds", *(["negative_prompt_embeds"] if negative else [])]
    shapes = {name: (batch, 7, WIDTH) for name in names}
    shapes.update({f"pooled_{name}" if name == "prompt_embeds" else "negative_pooled_prompt_embeds": (batch, WIDTH)
                   for name in names if pooled})  # fmt: skip
    return {name: torch.randn(shape, generator=random) for name, shape in shapes.items()}


def tiny_vae():
    torch.manual_seed(3)
    return AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8), num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1), latent_channels=4,
    )  # fmt: skip


def vae(latent_channels=4, scaling_factor=0.18215, **config):
    torch.manual_seed(2)
    return AutoencoderKL(
        block_out_channels=[16] * 4, down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
        layers_per_block=1, norm_num_groups=8, latent_channels=latent_channels, scaling_factor=scaling_factor, **config,
    )  # fmt: skip


def unet(in_channels, **config):
    torch.manual_seed(1)
    return UNet2DConditionModel(
        block_out_channels=(16, 32), layers_per_block=1, sample_size=8, in_channels=in_channels, out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH, attention_head_dim=8, norm_num_groups=8, **config,
    )  # fmt: skip


def text_encoder():
    torch.manual_seed(4)
    config = CLIPTextConfig(
        vocab_size=54, hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=1, num_attention_heads=4,
        max_position_embeddings=16, bos_token_id=52, eos_token_id=53, pad_token_id=53,
    )  # fmt: skip
    return CLIPTextModel(config)


def tokenizer():
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = [*letters, *[f"{letter}</w>" for letter in letters], "<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
        (Path(folder) / "merges.txt").write_text("#version: 0.2\n")
        return CLIPTokenizer.from_pretrained(folder, model_max_length=16)
