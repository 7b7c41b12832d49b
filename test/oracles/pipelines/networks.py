"""The networks of Stable Diffusion's kinds, with a handful of channels and random weights.

Every kind has the parts and settings of its model: which attention blocks, how the text is read, what conditions the
UNet. Latents are an eighth of the picture; the UNet halves them once.
"""

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

CHANNELS = (8, 16)
GROUPS = 4
LATENT_SIZE = 8


def text_encoder(vocabulary, width, layers, activation, projected=False, padding=None):
    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 8,
        max_position_embeddings=77,
        hidden_act=activation,
        projection_dim=width,
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1 if padding is None else padding,
        # The exporter writes the fused one's mask in 32 bits, whatever the weights have.
        attn_implementation="eager",
    )
    encoder = (CLIPTextModelWithProjection if projected else CLIPTextModel)(config).eval()
    if not projected:
        # Where diffusers 0.42 looks for the final normalisation; transformers 5.6 moved it up.
        object.__setattr__(encoder, "text_model", encoder)
    # Fresh, it scales by one and adds nothing: let it show where it is left out.
    torch.nn.init.uniform_(encoder.text_model.final_layer_norm.weight, 0.5, 1.5)
    torch.nn.init.normal_(encoder.text_model.final_layer_norm.bias, std=0.2)
    return encoder


def unet(**kind):
    network = UNet2DConditionModel(
        sample_size=LATENT_SIZE,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        norm_num_groups=GROUPS,
        **kind,
    ).eval()
    with torch.no_grad():
        # Untrained, text and time hardly matter: let wrong ones show.
        for name, module in network.named_modules():
            if name.endswith(("attn2.to_out.0", "time_emb_proj")):
                module.weight *= 4
        network.conv_out.weight *= 3
    return network


def stable_diffusion_1_unet(**more):
    return unet(
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=2,
        **more,
    )


def stable_diffusion_2_unet():
    return unet(
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=24,
        attention_head_dim=[1, 2],
        use_linear_projection=True,
    )


def stable_diffusion_xl_unet():
    return unet(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16 + 24,
        attention_head_dim=[1, 2],
        transformer_layers_per_block=[1, 2],
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=24 + 6 * 8,
    )


def autoencoder(scale):
    network = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 8, 8),
        layers_per_block=1,
        norm_num_groups=GROUPS,
        latent_channels=4,
        scaling_factor=scale,
        sample_size=64,
    ).eval()
    with torch.no_grad():
        network.decoder.conv_out.weight *= 3
        # Latents of about unit variance once they are scaled, as trained ones are.
        network.quant_conv.weight *= 2 / scale
    return network
