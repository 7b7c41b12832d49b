"""Writes a pipeline as a folder of ONNX networks, named and laid out as Hugging Face Optimum 2.3 does it
(`optimum-cli export onnx`; optimum/exporters/utils.py and optimum/exporters/onnx/model_configs.py), or, for
`legacy`, as diffusers' old convert_stable_diffusion_checkpoint_to_onnx.py did: whole timesteps, 32-bit token ids, a
`latent_sample` from the encoder (here without the random part), and here with a fixed size too.
"""

import copy
import io
import json
import warnings
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch

from .tokenizer import TOKENS, save_tokenizer

OPSET = 18
# How far onnxruntime may be from PyTorch.
TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2}


@dataclass(frozen=True)
class Layout:
    element: torch.dtype = torch.float32
    legacy: bool = False
    # weights in a second file, as where they are over 2 GB
    external: bool = False
    # of the legacy layout, in latent values
    height: int = 8
    width: int = 12


def export_pipeline(pipeline, folder, layout=Layout()):
    pipeline.save_config(folder)
    pipeline.scheduler.save_pretrained(folder / "scheduler")
    for name in ("tokenizer", "tokenizer_2"):
        if getattr(pipeline, name, None):
            save_tokenizer(getattr(pipeline, name), folder / name)
    for name in ("text_encoder", "text_encoder_2"):
        if getattr(pipeline, name, None):
            export_text_encoder(getattr(pipeline, name), folder / name, layout)
    export_unet(pipeline.unet, folder / "unet", layout)
    export_vae_encoder(pipeline.vae, folder / "vae_encoder", layout)
    export_vae_decoder(pipeline.vae, folder / "vae_decoder", layout)


def export_text_encoder(encoder, folder, layout):
    encoder = copy.deepcopy(encoder).to(layout.element)
    projected = hasattr(encoder, "text_projection")
    hidden = [] if layout.legacy else [f"hidden_states.{i}" for i in range(encoder.config.num_hidden_layers + 1)]
    outputs = ["text_embeds", "last_hidden_state"] if projected else ["last_hidden_state", "pooler_output"]
    forward = encoder.forward

    def run(input_ids):
        result = forward(input_ids=input_ids, output_hidden_states=True)
        return [getattr(result, name) for name in outputs] + list(result.hidden_states[: len(hidden)])

    encoder.forward = run
    ids = torch.randint(0, encoder.config.vocab_size, (2, TOKENS), dtype=torch.int32 if layout.legacy else torch.int64)
    axes = {name: free(layout, {1: "sequence_length"}) for name in ["input_ids", "last_hidden_state", *hidden]}
    axes["text_embeds" if projected else "pooler_output"] = free(layout)
    write(encoder, {"input_ids": ids}, outputs + hidden, axes, folder, layout)


def export_unet(unet, folder, layout):
    unet = copy.deepcopy(unet).to(layout.element)
    config, batch, element = unet.config, 2, layout.element
    inputs = {
        "sample": torch.randn(batch, config.in_channels, layout.height, layout.width, dtype=element),
        "timestep": torch.full((batch,), 481) if layout.legacy else torch.tensor(481.0, dtype=element),
        "encoder_hidden_states": torch.randn(batch, TOKENS, config.cross_attention_dim, dtype=element),
    }
    if config.time_cond_proj_dim:
        inputs["timestep_cond"] = torch.randn(batch, config.time_cond_proj_dim, dtype=element)
    if config.addition_embed_type == "text_time":
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        inputs["text_embeds"] = torch.randn(batch, pooled, dtype=element)
        inputs["time_ids"] = torch.tensor([[64, 96, 0, 0, 64, 96]] * batch, dtype=element)
    names, forward = list(inputs), unet.forward

    def run(*values):
        given = dict(zip(names, values))
        added = {name: given.pop(name) for name in ("text_embeds", "time_ids") if name in given}
        return forward(**given, added_cond_kwargs=added, return_dict=False)

    unet.forward = run
    axes = {name: free(layout) for name in names}
    axes["sample"] = axes["out_sample"] = free(layout, {2: "height", 3: "width"})
    axes["encoder_hidden_states"] = free(layout, {1: "sequence_length"})
    if not layout.legacy:
        del axes["timestep"]
    write(unet, inputs, ["out_sample"], axes, folder, layout)


def export_vae_encoder(vae, folder, layout):
    vae = copy.deepcopy(vae).to(layout.element)
    if layout.legacy:
        vae.forward = lambda sample: vae.encode(sample).latent_dist.mean
    else:
        vae.forward = lambda sample: vae.encode(sample).latent_dist.parameters
    picture = torch.rand(2, 3, layout.height * 8, layout.width * 8, dtype=layout.element) * 2 - 1
    output = "latent_sample" if layout.legacy else "latent_parameters"
    axes = {
        "sample": free(layout, {2: "sample_height", 3: "sample_width"}),
        output: free(layout, {2: "sample_height / 8", 3: "sample_width / 8"}),
    }
    write(vae, {"sample": picture}, [output], axes, folder, layout)


def export_vae_decoder(vae, folder, layout):
    vae = copy.deepcopy(vae).to(layout.element)
    vae.forward = lambda latent_sample: vae.decode(latent_sample).sample
    latent = torch.randn(2, vae.config.latent_channels, layout.height, layout.width, dtype=layout.element) * 5
    axes = {
        "latent_sample": free(layout, {2: "latent_height", 3: "latent_width"}),
        "sample": free(layout, {2: "latent_height * 8", 3: "latent_width * 8"}),
    }
    write(vae, {"latent_sample": latent}, ["sample"], axes, folder, layout)


def free(layout, lengths={}):
    """Names for the axes that take any length: the first, and of all but the legacy layout these."""
    return {0: "batch_size"} | ({} if layout.legacy else lengths)


def write(network, inputs, outputs, axes, folder, layout):
    """Exports one network with its configuration, and holds onnxruntime's results against PyTorch's."""
    folder.mkdir(parents=True, exist_ok=True)
    (network.config.save_pretrained if hasattr(network.config, "save_pretrained") else network.save_config)(folder)
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(inputs.values()),
            file,
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    model = slim(onnx.load_model_from_string(file.getvalue()))
    apart = dict(save_as_external_data=True, location="model.onnx_data") if layout.external else {}
    onnx.save(model, folder / "model.onnx", **apart)
    difference = compare(network, inputs, folder / "model.onnx")
    size = sum(file.stat().st_size for file in folder.glob("model.onnx*"))
    print(f"  {folder.parent.name}/{folder.name}: {size / 1e3:.0f} kB, off by {difference:.1e}")
    assert difference < TOLERANCE[layout.element], difference


def slim(model):
    """Shortens the names between the nodes, which would be as long as the weights."""
    graph = model.graph
    kept = {value.name for value in [*graph.input, *graph.output, *graph.initializer]} | {""}
    short = {}

    def rename(names):
        for i, name in enumerate(names):
            names[i] = name if name in kept else short.setdefault(name, f"v{len(short)}")

    for node in graph.node:
        assert not any(attribute.HasField("g") for attribute in node.attribute)
        node.ClearField("name")
        node.ClearField("doc_string")
        del node.metadata_props[:]
        rename(node.input)
        rename(node.output)
    del graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def compare(network, inputs, file):
    """The largest difference between PyTorch and onnxruntime, relative to the largest value where that is above 1."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    single = {name: value[:1] if value.ndim else value for name, value in inputs.items()}
    largest = 0.0
    for given in (inputs, single):
        with torch.no_grad():
            expected = network(*given.values())
        actual = session.run(None, {name: value.numpy() for name, value in given.items()})
        for ours, theirs in zip(actual, expected if isinstance(expected, (list, tuple)) else [expected]):
            theirs = theirs.float().numpy()
            assert ours.shape == theirs.shape
            largest = max(largest, float(np.abs(ours - theirs).max() / max(1, np.abs(theirs).max())))
    return largest
