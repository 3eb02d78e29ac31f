"""Terraform with AWS's provider from a mirror (as `terraform providers mirror` makes it, named by TF_PLUGINS or in one
of the usual places), without an endpoints block."""
import glob
import os
import shutil
import subprocess

import pytest

PLACES = ["~/.terraform.d/plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/*"]
PROVIDER = "registry.terraform.io/hashicorp/aws"
HEAD = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {}
"""
# One way by default, since each takes minutes.
WAYS = pytest.mark.parametrize("way", [pytest.param("endpoint", marks=pytest.mark.long), "transparent"], indirect=True)
APPLY = ["apply", "-auto-approve", "-input=false"]
DESTROY = ["destroy", "-auto-approve", "-input=false"]


def mirror():
    places = [os.environ["TF_PLUGINS"]] if os.environ.get("TF_PLUGINS") else PLACES
    found = [p for place in places for p in glob.glob(os.path.expanduser(place)) if os.path.isdir(f"{p}/{PROVIDER}")]
    if not found:
        pytest.skip(f"skipped: no mirror of {PROVIDER} (TF_PLUGINS names one)")
    return found[0]


def prepare(way, config, tmp_path):
    """run("plan", ..., expected=2) in a folder with that configuration; complains of any other exit status."""
    if not shutil.which("terraform"):
        pytest.skip("skipped: terraform is not installed")
    folder = tmp_path / "infrastructure"
    folder.mkdir()
    (folder / "main.tf").write_text(HEAD + config)
    (tmp_path / "terraformrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n  }}\n}}\n')
    terraform = way.tool("terraform", f"-chdir={folder}", TF_CLI_CONFIG_FILE=str(tmp_path / "terraformrc"),
                         TF_IN_AUTOMATION="1", CHECKPOINT_DISABLE="1")

    def run(*words, expected=0):
        done = subprocess.run([*terraform.command, *words, "-no-color"], env=terraform.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=420, check=False)
        assert done.returncode == expected, f"terraform {' '.join(words)}: {done.returncode}\n{done.stdout[-6000:]}"
        return done.stdout

    run("init", "-input=false")
    return run


def plan(run, variables, expected):
    """0: nothing to do; 2: something."""
    return run("plan", "-input=false", "-detailed-exitcode", *variables, expected=expected)
