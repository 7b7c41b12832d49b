"""
Writes a checkpoint of the layout of Stable Diffusion 1.5 that was never trained, and yet makes images that emerge step by
step: its UNet takes most of what it is given for noise, and its VAE paints latents in the colours of ComfyUI's previews.
Beside it a decoder of TAESD's layout with random weights. Run in a ComfyUI checkout, by its Python:
make_comfyui_models.py <folder of models>
"""

import sys
from pathlib import Path

folder = Path(sys.argv[1])
sys.argv = [sys.argv[0], "--cpu"]
sys.path.insert(0, ".")

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

import torch  # noqa: E402
from comfy import clip_model, latent_formats, ops  # noqa: E402
from comfy.ldm.models.autoencoder import AutoencoderKL  # noqa: E402
from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel  # noqa: E402
from comfy.taesd.taesd import Decoder  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

torch.manual_seed(0)


def randomly(module):
    """Weights of a size that keeps the spread of what goes through; norms as they are before any training."""
    tensors = module.state_dict()
    for name, value in tensors.items():
        if not value.is_floating_point():
            continue
        if value.dim() < 2:
            value.fill_(1.0 if name.endswith("weight") else 0.0)
        else:
            value.normal_(0, value[0].numel() ** -0.5)
    return tensors


def silence(tensors, *endings):
    for name, value in tensors.items():
        if name.endswith(endings):
            value.zero_()


def carry(tensors, name, rows):
    """A convolution that passes channels on: {output: {input: factor}}."""
    weight = tensors[name].zero_()
    middle = tuple(size // 2 for size in weight.shape[2:])
    for row, columns in rows.items():
        for column, factor in columns.items():
            weight[(row, column, *middle)] = factor


def through_silu(per_group):
    """
    What brings channels through a last group norm and SiLU unharmed, as silu(x) − silu(−x) = x: each has a group of its own
    with its negative. Returns what goes in, and what comes out.
    """

    def into(rows):
        signed = ((group * per_group + place, sign) for group in rows for place, sign in ((0, 1), (1, -1)))
        return {row: {key: sign * factor for key, factor in rows[row // per_group].items()} for row, sign in signed}

    spread = (2 / per_group) ** 0.5
    return into, lambda count, size: {
        row: {row * per_group: size * spread, row * per_group + 1: -size * spread} for row in range(count)
    }


def unet():
    model = UNetModel(
        image_size=32, in_channels=4, out_channels=4, model_channels=320, channel_mult=[1, 2], num_res_blocks=[1, 1],
        transformer_depth=[1, 1], transformer_depth_output=[1, 1, 1, 1], transformer_depth_middle=1, context_dim=768,
        num_heads=8, use_spatial_transformer=True, legacy=False, operations=ops.disable_weight_init,
    )  # fmt: skip
    tensors = randomly(model)
    silence(tensors, "out_layers.3.weight")
    into, out_of = through_silu(320 // 32)
    carry(tensors, "input_blocks.0.0.weight", into({channel: {channel: 1.0} for channel in range(4)}))
    last = "output_blocks.3.0.skip_connection.weight"
    width = tensors[last].shape[1] - 320
    carry(tensors, last, {channel: {width + channel: 1.0} for channel in range(320)})
    carry(tensors, "out.2.weight", out_of(4, 1.0))
    # The words have a small say.
    tensors["output_blocks.3.1.proj_out.weight"].mul_(0.3)
    return tensors


def vae():
    shape = {
        **{"double_z": True, "z_channels": 4, "resolution": 256, "in_channels": 3, "out_ch": 3, "ch": 128},
        **{"ch_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_resolutions": [], "dropout": 0.0},
    }
    tensors = randomly(AutoencoderKL(embed_dim=4, ddconfig=shape))
    silence(tensors, "decoder.mid.attn_1.proj_out.weight")
    silence(tensors, *(name for name in tensors if name.startswith("decoder.") and name.endswith("conv2.weight")))
    format = latent_formats.SD15()
    into, out_of = through_silu(128 // 32)
    colours = {
        colour: {channel: row[colour] * format.scale_factor for channel, row in enumerate(format.latent_rgb_factors)}
        for colour in range(3)
    }
    carry(tensors, "post_quant_conv.weight", {channel: {channel: 1.0} for channel in range(4)})
    carry(tensors, "decoder.conv_in.weight", into(colours))
    for name, value in tensors.items():
        if name.startswith("decoder.up.") and name.endswith(("nin_shortcut.weight", "upsample.conv.weight")):
            carry(tensors, name, {channel: {channel: 1.0} for channel in range(value.shape[0])})
    carry(tensors, "decoder.conv_out.weight", out_of(3, 0.4))
    return tensors


def text_encoder():
    facts = {
        **{"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
        **{"hidden_act": "quick_gelu", "max_position_embeddings": 77, "projection_dim": 768, "eos_token_id": 49407},
    }
    return randomly(clip_model.CLIPTextModel(facts, torch.float32, "cpu", ops.disable_weight_init))


def save(name, tensors):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in tensors.items() if value.is_floating_point()}
    save_file(halves, path)


with torch.no_grad():
    parts = {
        "model.diffusion_model.": unet(),
        "first_stage_model.": vae(),
        "cond_stage_model.transformer.": text_encoder(),
    }
    checkpoint = {prefix + name: value for prefix, part in parts.items() for name, value in part.items()}
    save("checkpoints/untrained.safetensors", checkpoint)
    save("vae_approx/taesd_decoder.safetensors", randomly(Decoder()))
