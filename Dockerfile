# The page in a container. A Hugging Face Space made from this repository starts it as it is.
#   docker build -t ssm-search . && docker run -p 7860:7860 ssm-search
FROM python:3.12-slim
# Without a GPU, name the index that has PyTorch's CPU build: --build-arg PIP_EXTRA_INDEX_URL=...
ARG PIP_EXTRA_INDEX_URL
RUN useradd --create-home --uid 1000 reader
WORKDIR /home/reader/ssm-search
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
COPY app app
COPY index index
RUN pip install --no-cache-dir --constraint constraints.txt .
USER reader
EXPOSE 7860
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/health')"]
CMD ["ssm-search", "app", "--host", "0.0.0.0", "--no-browser"]
