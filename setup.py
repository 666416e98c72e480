"""The packages of the wheel; all else about it stands in pyproject.toml.

What lies beside ran/ in a checkout, the app's script, its pages and the examples, goes into the
package as ran/installed: pyproject.toml can name found packages or mapped ones, not both.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["ran", "ran.*"]), "ran.installed"],
    package_dir={"ran.installed": "."},
)
