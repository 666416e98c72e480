# The app on a CPU: docker build -t ran-face-lab . && docker run -p 8501:8501 ran-face-lab
FROM python:3.11-slim

# An index of CPU-only torch wheels makes the image some gigabytes smaller.
ARG TORCH_INDEX=""

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt

COPY . .
RUN useradd --create-home visitor
USER visitor
ENV RAN_DEVICE=cpu
EXPOSE 8501
CMD ["streamlit", "run", "streamlit_app.py", "--server.address=0.0.0.0", "--server.headless=true"]
