"""
Writes a diffusers folder of the layout of Stable Diffusion 1.5 or XL, small and with random weights, which is all that
it takes to see whether steps arrive. By InvokeAI's Python: make_invokeai_model.py <tokenizer folder of CLIP> <folder> [xl]
"""

import sys

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

tokenizer_folder, folder, *rest = sys.argv[1:]
is_xl = rest == ["xl"]
torch.manual_seed(0)
tokenizer = CLIPTokenizer.from_pretrained(tokenizer_folder)

# The widths of the text are real: InvokeAI knows models by them.
width = 768
width_2 = 1280
# of each of the six sizes that XL is told
size_width = 8


def text_config(hidden_size):
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        hidden_size=hidden_size,
        projection_dim=hidden_size,
        intermediate_size=64,
        num_attention_heads=8,
        num_hidden_layers=2,
    )


xl = {
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": size_width,
    "projection_class_embeddings_input_dim": 6 * size_width + width_2,
}
unet = UNet2DConditionModel(
    sample_size=128 if is_xl else 64,
    cross_attention_dim=width + width_2 if is_xl else width,
    attention_head_dim=8,
    block_out_channels=(32, 64),
    down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    layers_per_block=1,
    **(xl if is_xl else {}),
)
vae = AutoencoderKL(
    block_out_channels=(32, 32, 32, 32),
    latent_channels=4,
    norm_num_groups=8,
    down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4,
)
text_encoder = CLIPTextModel(text_config(width))
noise = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
parts = {"unet": unet, "vae": vae, "text_encoder": text_encoder, "tokenizer": tokenizer}
if is_xl:
    text_encoder_2 = CLIPTextModelWithProjection(text_config(width_2))
    scheduler = EulerDiscreteScheduler(**noise)
    pipeline = StableDiffusionXLPipeline(
        **parts, text_encoder_2=text_encoder_2, tokenizer_2=tokenizer, scheduler=scheduler
    )
else:
    scheduler = PNDMScheduler(**noise, skip_prk_steps=True, set_alpha_to_one=False)
    pipeline = StableDiffusionPipeline(
        **parts, scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
pipeline.save_pretrained(folder)
