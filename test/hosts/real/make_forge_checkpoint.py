"""
Writes a checkpoint of the layout of Stable Diffusion 1.5 with a small UNet and random weights, which is all that it takes
to see whether steps arrive. Run in a Forge checkout, by its Python: make_forge_checkpoint.py <file>
"""

import sys

path = sys.argv[1]
sys.argv = [sys.argv[0], "--always-cpu"]
sys.path[:0] = [".", "repositories/huggingface_guess", "packages_3rdparty"]

import torch  # noqa: E402
from backend.nn.unet import IntegratedUNet2DConditionModel  # noqa: E402
from backend.nn.vae import IntegratedAutoencoderKL  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import CLIPTextConfig, CLIPTextModel  # noqa: E402

configurations = "backend/huggingface/runwayml/stable-diffusion-v1-5"
torch.manual_seed(0)
unet = IntegratedUNet2DConditionModel.from_config(
    {
        **{"in_channels": 4, "out_channels": 4, "model_channels": 320, "channel_mult": [1, 2], "num_res_blocks": [1, 1]},
        **{"transformer_depth": [1, 1], "transformer_depth_output": [1, 1, 1, 1], "transformer_depth_middle": 1},
        **{"context_dim": 768, "num_heads": 8, "num_head_channels": -1, "use_linear_in_transformer": False},
        **{"use_spatial_transformer": True, "use_checkpoint": False, "adm_in_channels": None},
    }
)
vae = IntegratedAutoencoderKL.from_config(IntegratedAutoencoderKL.load_config(f"{configurations}/vae"))
text_encoder = CLIPTextModel(CLIPTextConfig.from_pretrained(f"{configurations}/text_encoder"))
parts = {
    "model.diffusion_model.": unet,
    "first_stage_model.": vae,
    "cond_stage_model.transformer.": text_encoder,
}
tensors = {prefix + name: value for prefix, part in parts.items() for name, value in part.state_dict().items()}
save_file({name: value.half() if value.is_floating_point() else value for name, value in tensors.items()}, path)
