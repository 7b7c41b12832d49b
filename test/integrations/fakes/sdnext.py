"""A fake of the parts of SD.Next that the script uses: its stages, and the order of its calls."""

import sys
from types import ModuleType, SimpleNamespace
from unittest import mock


class SdNextFake:
    """`pipes` are the pipelines of base, hires and refiner; a stage without one is skipped."""

    def __init__(self, **pipes):
        self._pipes = pipes
        #: logged lines, and the class of the pipeline at each call of set_pipeline_args
        self.log, self.classes, self.callbacks = [], [], {}
        self.opts = SimpleNamespace()
        self.opts.add_option = lambda name, info: setattr(self.opts, name, info.default)
        self.processing_diffusers = _module(
            "modules.processing_diffusers",
            set_pipeline_args=self._set_pipeline_args,
            process_base=lambda p: self._call("base", p),
            process_hires=lambda p, output: self._call("hires", p) or output,
            process_refine=lambda p, output: [self._call("refiner", p, each) for each in p.prompts] and output,
        )

    def modules(self):
        log = SimpleNamespace(info=self.log.append, warning=self.log.append)
        on = {f"on_{name}": lambda call, name=name: self.callbacks.update({name: call})
              for name in ("ui_settings", "before_process")}  # fmt: skip
        info = lambda default, label, section: SimpleNamespace(default=default)  # noqa: E731
        fake_modules = {
            "modules.shared": _module("modules.shared", opts=self.opts, OptionInfo=info),
            "modules.script_callbacks": _module("modules.script_callbacks", **on),
            "modules.logger": _module("modules.logger", log=log),
            "modules.processing_diffusers": self.processing_diffusers,
        }
        parent = _module("modules", **{name.split(".")[1]: module for name, module in fake_modules.items()})
        return mock.patch.dict(sys.modules, {"modules": parent, **fake_modules})

    def generate(self, prompts=("a red apple",)):
        p = SimpleNamespace(prompts=list(prompts), outpath_samples="outputs/text")
        self.callbacks["before_process"](p)
        output = self.processing_diffusers.process_base(p)
        output = self.processing_diffusers.process_hires(p, output)
        return self.processing_diffusers.process_refine(p, output)

    def _set_pipeline_args(self, p, model, **given):
        self.classes.append(type(model))
        prompts = given["prompts"]
        return {"prompt": [""] * len(prompts) if isinstance(prompts, list) else ""}

    def _call(self, stage, p, prompts=None):
        pipe = self._pipes.get(stage)
        if pipe is None:
            return None
        # Embeddings, of as many prompts.
        arguments = self.processing_diffusers.set_pipeline_args(p=p, model=pipe, prompts=prompts or p.prompts)
        return pipe(**arguments)


def _module(name, **contents):
    module = ModuleType(name)
    vars(module).update(contents)
    return module
