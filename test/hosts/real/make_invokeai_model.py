"""
Writes a diffusers folder of Stable Diffusion 1.5's layout, small and with random weights, which is all that it takes to
see whether steps arrive. By InvokeAI's Python: make_invokeai_model.py <tokenizer folder of CLIP> <folder>
"""

import sys

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

tokenizer_folder, folder = sys.argv[1:]
torch.manual_seed(0)
tokenizer = CLIPTokenizer.from_pretrained(tokenizer_folder)
# InvokeAI knows Stable Diffusion 1 by a width of 768.
text_encoder = CLIPTextModel(
    CLIPTextConfig(
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        hidden_size=768,
        intermediate_size=64,
        num_attention_heads=8,
        num_hidden_layers=2,
    )
)
unet = UNet2DConditionModel(
    sample_size=64,
    cross_attention_dim=768,
    attention_head_dim=8,
    block_out_channels=(32, 64),
    down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    layers_per_block=1,
)
vae = AutoencoderKL(
    block_out_channels=(32, 32, 32, 32),
    latent_channels=4,
    norm_num_groups=8,
    down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4,
)
scheduler = PNDMScheduler(
    beta_start=0.00085,
    beta_end=0.012,
    beta_schedule="scaled_linear",
    skip_prk_steps=True,
    set_alpha_to_one=False,
    steps_offset=1,
)
StableDiffusionPipeline(
    unet=unet,
    vae=vae,
    text_encoder=text_encoder,
    tokenizer=tokenizer,
    scheduler=scheduler,
    safety_checker=None,
    feature_extractor=None,
    requires_safety_checker=False,
).save_pretrained(folder)
